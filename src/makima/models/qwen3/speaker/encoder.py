"""The speaker encoder: log-mel frames of a clip to one vector that stands for the voice."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from makima.models.qwen3.config import SpeakerEncoderConfig


class TimeDelay(nn.Module):
    """A convolution of equal length, its edges mirrored, and a rectifier. Shapes: x [B, C, T] -> [B, C', T]"""

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, dilation: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv1d(inputs, outputs, kernel, dilation=dilation, padding="same", padding_mode="reflect")

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.conv(x))


class Res2Net(nn.Module):
    """Groups of channels, each but the first convolved together with the outcome of the one before.

    Shapes: x [B, C, T] -> [B, C, T]
    Source: arXiv 1904.01169
    """

    def __init__(self, channels: int, scale: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.scale = scale
        width = channels // scale
        self.blocks = nn.ModuleList(TimeDelay(width, width, kernel, dilation) for _ in range(scale - 1))

    def forward(self, x: Tensor) -> Tensor:
        first, *groups = x.chunk(self.scale, dim=1)
        outcomes = [first]
        for index, (group, block) in enumerate(zip(groups, self.blocks, strict=True)):
            outcomes.append(block(group if index == 0 else group + outcomes[-1]))
        return torch.cat(outcomes, dim=1)


class SqueezeExcite(nn.Module):
    """Scale channels by what their means over time say. Source: arXiv 1709.01507"""

    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(channels, inner, 1)
        self.conv2 = nn.Conv1d(inner, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        gate = torch.relu(self.conv1(x.mean(dim=2, keepdim=True)))
        return x * torch.sigmoid(self.conv2(gate))


class SERes2Net(nn.Module):
    """Time delay, Res2Net, time delay, squeeze and excitation, added to the input. Shapes: x [B, C, T] -> [B, C, T]"""

    def __init__(self, channels: int, config: SpeakerEncoderConfig, kernel: int, dilation: int) -> None:
        super().__init__()
        self.tdnn1 = TimeDelay(channels, channels)
        self.res2net_block = Res2Net(channels, config.scale, kernel, dilation)
        self.tdnn2 = TimeDelay(channels, channels)
        self.se_block = SqueezeExcite(channels, config.squeeze)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.se_block(self.tdnn2(self.res2net_block(self.tdnn1(x))))
        return out


class AttentivePooling(nn.Module):
    """Mean and deviation of each channel over time, weighted by attention. Shapes: x [B, C, T] -> [B, 2 C, 1]

    Source: arXiv 1803.10963
    """

    def __init__(self, channels: int, attention: int) -> None:
        super().__init__()
        self.tdnn = TimeDelay(3 * channels, attention)
        self.conv = nn.Conv1d(attention, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        even = torch.full_like(x[:, :1], 1.0 / x.shape[-1])
        mean, deviation = (part.expand_as(x) for part in _moments(x, even))
        scores = self.conv(torch.tanh(self.tdnn(torch.cat((x, mean, deviation), dim=1))))
        return torch.cat(_moments(x, scores.softmax(dim=2)), dim=1)


def _moments(x: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    mean = (weights * x).sum(2, keepdim=True)
    variance = (weights * (x - mean).square()).sum(2, keepdim=True)
    return mean, variance.clamp(min=1e-12).sqrt()


class SpeakerEncoder(nn.Module):
    """ECAPA-TDNN.

    Shapes: mel [B, T, bins] -> [B, H]
    Source: arXiv 2005.07143; checked by tests/models/qwen3/test_model.py
    """

    def __init__(self, config: SpeakerEncoderConfig) -> None:
        super().__init__()
        first, *middle, last = zip(config.channels, config.kernels, config.dilations, strict=True)
        self.blocks = nn.ModuleList([TimeDelay(config.mel_bins, *first)])
        for channels, kernel, dilation in middle:
            self.blocks.append(SERes2Net(channels, config, kernel, dilation))
        self.mfa = TimeDelay(last[0], *last)
        self.asp = AttentivePooling(last[0], config.attention)
        self.fc = nn.Conv1d(2 * last[0], config.width, 1)

    def forward(self, mel: Tensor) -> Tensor:
        hidden = self.blocks[0](mel.transpose(1, 2))
        levels = []
        for block in self.blocks[1:]:
            hidden = block(hidden)
            levels.append(hidden)
        pooled = self.asp(self.mfa(torch.cat(levels, dim=1)))
        out: Tensor = self.fc(pooled)[..., 0]
        return out
