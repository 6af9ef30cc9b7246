"""What the codec's decoder is built of after its transformer: causal blocks that stream, and chains of them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from makima.nn.conv import CausalConv1d, CausalConvTranspose1d, ConvState
from makima.nn.streaming import State, StreamingModule
from makima.nn.transformer import LayerNorm, Linear


@dataclass
class ChainState(State):
    """States of the links of a chain."""

    links: tuple[State, ...]


class Chain(nn.ModuleList):
    """Streaming modules one after another. Shapes: as those of its links"""

    def init_state(self, slots: int) -> ChainState:
        return ChainState(tuple(link.init_state(slots) for link in self))  # type: ignore[operator]

    def forward(self, x: Tensor, state: ChainState, active: Tensor) -> Tensor:
        for link, link_state in zip(self, state.links, strict=True):
            x = link(x, link_state, active)
        return x


class SnakeBeta(StreamingModule):
    """x + sin(alpha x)^2 / beta, where the stored weights are the logarithms of alpha and beta.

    The checkpoint reader does the exponentials once: here `alpha` is the frequency and `beta` the amplitude.

    Shapes: x [B, C, T] -> [B, C, T]
    Source: arXiv 2006.08195, with an amplitude of its own
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.empty(channels), requires_grad=False)
        self.beta = nn.Parameter(torch.empty(channels), requires_grad=False)

    def init_state(self, slots: int) -> State:
        return State()

    def forward(self, x: Tensor, state: State, active: Tensor) -> Tensor:
        # Not a fused multiply-add: its rounding differs, and blocks further on magnify the difference.
        wave = (x * self.alpha[:, None]).sin_().square_()
        return wave.mul_(self.beta[:, None]).add_(x)


class ConvNeXt(StreamingModule):
    """A depthwise convolution and a two-layer map of each step, added to the input. Shapes: x [B, C, T] -> [B, C, T]

    Source: arXiv 2201.03545
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.dwconv = CausalConv1d(channels, channels, 7, groups=channels)
        self.norm = LayerNorm(channels, 1e-6)
        self.pwconv1 = Linear(channels, 4 * channels, bias=True)
        self.pwconv2 = Linear(4 * channels, channels, bias=True)
        self.gamma = nn.Parameter(torch.empty(channels), requires_grad=False)

    def init_state(self, slots: int) -> ConvState:
        return self.dwconv.init_state(slots)

    def forward(self, x: Tensor, state: ConvState, active: Tensor) -> Tensor:
        hidden: Tensor = self.norm(self.dwconv(x, state, active).transpose(1, 2))
        hidden = self.gamma * self.pwconv2(functional.gelu(self.pwconv1(hidden)))
        return x + hidden.transpose(1, 2)


class ResidualUnit(StreamingModule):
    """Two convolutions, the first dilated, added to the input. Shapes: x [B, C, T] -> [B, C, T]"""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.act1 = SnakeBeta(channels)
        self.conv1 = CausalConv1d(channels, channels, 7, dilation)
        self.act2 = SnakeBeta(channels)
        self.conv2 = CausalConv1d(channels, channels, 1)

    def init_state(self, slots: int) -> ChainState:
        return ChainState(tuple(part.init_state(slots) for part in (self.act1, self.conv1, self.act2, self.conv2)))

    def forward(self, x: Tensor, state: ChainState, active: Tensor) -> Tensor:
        hidden = x
        for part, part_state in zip((self.act1, self.conv1, self.act2, self.conv2), state.links, strict=True):
            hidden = part(hidden, part_state, active)
        return x + hidden


class UpsampleBlock(StreamingModule):
    """Halve the channels, multiply the steps by `rate`. Shapes: x [B, C, T] -> [B, C / 2, T * rate]"""

    def __init__(self, channels: int, rate: int) -> None:
        super().__init__()
        half = channels // 2
        units = [ResidualUnit(half, dilation) for dilation in (1, 3, 9)]
        self.block = Chain([SnakeBeta(channels), CausalConvTranspose1d(channels, half, 2 * rate, rate), *units])

    def init_state(self, slots: int) -> ChainState:
        return self.block.init_state(slots)

    def forward(self, x: Tensor, state: ChainState, active: Tensor) -> Tensor:
        out: Tensor = self.block(x, state, active)
        return out
