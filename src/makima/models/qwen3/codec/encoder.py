"""The codec's encoder: a whole clip of audio to its codes. It runs once for each voice, so it does not stream."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from makima.models.qwen3.codec.config import CodecEncoderConfig
from makima.nn.transformer import DecoderLayer, LayerNorm, Linear, PlainMLP, SelfAttention, rotary


class StridedConv(nn.Module):
    """A causal convolution over a whole clip, which pads the end so that no sample is lost.

    Shapes: x [B, C, T] -> [B, C', ceil(T / stride)]
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int = 1, dilation: int = 1, *, edges: bool = False
    ) -> None:
        super().__init__()
        self.stride = stride
        self.reach = (kernel - 1) * dilation + 1 - stride
        self.edges = edges
        self.conv = nn.Conv1d(inputs, outputs, kernel, stride, dilation=dilation, bias=not edges)

    def forward(self, x: Tensor) -> Tensor:
        padding = (self.reach, -x.shape[-1] % self.stride)
        x = functional.pad(x, padding, mode="replicate") if self.edges else functional.pad(x, padding)
        out: Tensor = self.conv(x)
        return out


class ResidualBlock(nn.Module):
    """A narrow pair of convolutions added to the input. Shapes: x [B, C, T] -> [B, C, T]"""

    def __init__(self, channels: int, kernel: int, dilation: int, compress: int) -> None:
        super().__init__()
        inner = channels // compress
        convs = (StridedConv(channels, inner, kernel, dilation=dilation), StridedConv(inner, channels, 1))
        self.block = nn.Sequential(nn.ELU(), convs[0], nn.ELU(), convs[1])

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.block(x)
        return out


class SeanetEncoder(nn.Module):
    """Audio to frames at the rate before the last downsampling. Shapes: x [B, 1, S] -> [B, H, T]"""

    def __init__(self, config: CodecEncoderConfig) -> None:
        super().__init__()
        width = config.filters
        layers: list[nn.Module] = [StridedConv(config.channels, width, config.kernel)]
        for rate in reversed(config.rates):
            for index in range(config.residual_layers):
                dilation = config.dilation_growth**index
                layers.append(ResidualBlock(width, config.residual_kernel, dilation, config.compress))
            layers += [nn.ELU(), StridedConv(width, 2 * width, 2 * rate, rate)]
            width *= 2
        layers += [nn.ELU(), StridedConv(width, config.width, config.last_kernel)]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.layers(x)
        return out


class _WholeClip:
    """The plan of a run without a cache: everything is there at once, and the past is visible without limit.

    The configuration's sliding window is not applied by the official encoder either.
    """

    def __init__(self, steps: int, device: torch.device) -> None:
        self.positions = torch.arange(steps, device=device)[None]

    def attend(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        shared = q.shape[1] // k.shape[1]
        k, v = k.repeat_interleave(shared, 1), v.repeat_interleave(shared, 1)
        return functional.scaled_dot_product_attention(q, k, v, is_causal=True)


class EncoderTransformer(nn.Module):
    """Decoder layers over the whole clip, without a last norm. Shapes: x [B, T, H] -> [B, T, H]"""

    def __init__(self, config: CodecEncoderConfig) -> None:
        super().__init__()
        self.head_width, self.theta = config.head_width, config.rope_theta
        self.layers = nn.ModuleList(_layer(config) for _ in range(config.layers))

    def forward(self, x: Tensor) -> Tensor:
        plan = _WholeClip(x.shape[1], x.device)
        turn = rotary(plan.positions, self.head_width, self.theta, x.dtype)
        for index, layer in enumerate(self.layers):
            x = layer(x, turn, plan, index)
        return x


def _layer(c: CodecEncoderConfig) -> DecoderLayer:
    norms = (LayerNorm(c.width, c.norm_eps), LayerNorm(c.width, c.norm_eps))
    attention = SelfAttention(c.width, c.heads, c.kv_heads, c.head_width, None)
    return DecoderLayer(attention, PlainMLP(c.width, c.inner), norms, c.width)


class Quantizer(nn.Module):
    """Nearest entries of a series of codebooks, each for what the ones before left over.

    Shapes: x [B, T, H] -> codes [B, K, T] int64
    """

    def __init__(self, width: int, codebooks: int, codes: int, code_width: int) -> None:
        super().__init__()
        self.input_proj = Linear(width, code_width)
        self.codebooks = nn.Parameter(torch.empty(codebooks, codes, code_width), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        left = self.input_proj(x)
        codes = []
        for book in self.codebooks:
            nearest = torch.cdist(left, book.expand(left.shape[0], -1, -1)).argmin(-1)
            left = left - functional.embedding(nearest, book)
            codes.append(nearest)
        return torch.stack(codes, dim=1)


class CodecEncoder(nn.Module):
    """Encode a clip to codec frames.

    Shapes: audio [B, S] float32 at the codec's rate -> codes [B, K, T] int64
    Units:  T = ceil(S / CodecConfig.frame_samples)
    Source: the official encoder (Mimi, arXiv 2410.00037), which it equals; checked by tests/models/qwen3/test_model.py
    """

    def __init__(self, config: CodecEncoderConfig) -> None:
        super().__init__()
        self.encoder = SeanetEncoder(config)
        self.encoder_transformer = EncoderTransformer(config)
        self.downsample = StridedConv(config.width, config.width, 2 * config.downsample, config.downsample, edges=True)
        acoustic = config.used - config.semantic
        self.semantic = Quantizer(config.width, config.semantic, config.codes, config.code_width)
        self.acoustic = Quantizer(config.width, acoustic, config.codes, config.code_width)

    def forward(self, audio: Tensor) -> Tensor:
        hidden = self.encoder(audio[:, None]).transpose(1, 2)
        hidden = self.encoder_transformer(hidden).transpose(1, 2)
        frames = self.downsample(hidden).transpose(1, 2)
        return torch.cat((self.semantic(frames), self.acoustic(frames)), dim=1)
