"""Causal convolutions that stream: each keeps what the next chunk needs of the last one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from makima.nn.packed import PackedLinear
from makima.nn.streaming import State, StreamingModule, place_of


@dataclass
class ConvState(State):
    """The last inputs, which the next chunk's first outputs still see.

    Shapes: history [B, C, (kernel - 1) * dilation]
    """

    history: Tensor


class CausalConv1d(StreamingModule):
    """A convolution whose output at a step sees that step and those before it; zeros stand before the first.

    Shapes: x [B, C, T] -> [B, C', T]
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, dilation: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.reach = (kernel - 1) * dilation
        self.conv = nn.Conv1d(inputs, outputs, kernel, dilation=dilation, groups=groups)
        self._packed: PackedLinear | None = None

    def pack(self) -> None:
        """Lay large weights out for products with few rows, on a CPU; the convolution's own are let go."""
        if self.conv.groups == 1 and self.conv.dilation == (1,) and _as_product(self.conv.weight, FEW_STEPS):
            self._packed = PackedLinear(self.conv.weight.flatten(1), self.conv.bias)
            del self.conv.weight

    def init_state(self, slots: int) -> ConvState:
        device, dtype = place_of(self)
        return ConvState(torch.zeros(slots, self.conv.in_channels, self.reach, device=device, dtype=dtype))

    def forward(self, x: Tensor, state: ConvState, active: Tensor) -> Tensor:
        steps = x.shape[-1]
        if self.reach:
            x = torch.cat((state.history, x), dim=-1)
            state.history.copy_(torch.where(active[:, None, None], x[..., -self.reach :], state.history))
        if self._packed is not None:
            made: Tensor = self._packed(self._windows(x))
            return made.transpose(1, 2)
        weight = self.conv.weight
        if self.conv.groups == 1 and self.conv.dilation == (1,) and _as_product(weight, steps):
            return functional.linear(self._windows(x), weight.flatten(1), self.conv.bias).transpose(1, 2)
        out: Tensor = self.conv(x)
        return out

    def _windows(self, x: Tensor) -> Tensor:
        """What each step sees, side by side. Shapes: x [B, C, T + kernel - 1] -> [B, T, C * kernel]"""
        return x.unfold(2, self.conv.kernel_size[0], 1).transpose(1, 2).flatten(2)


@dataclass
class OverlapState(State):
    """The tail of the last step's output, which the next step's output still adds to.

    Shapes: tail [B, C', stride]
    """

    tail: Tensor


class CausalConvTranspose1d(StreamingModule):
    """An upsampling convolution of `stride`, with a kernel of one or two strides, cut to T * stride outputs.

    Shapes: x [B, C, T] -> [B, C', T * stride]
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int) -> None:
        super().__init__()
        assert kernel in (stride, 2 * stride), "an overlap of none or of one step"
        self.outputs, self.stride, self.overlaps = outputs, stride, kernel > stride
        self.conv = nn.ConvTranspose1d(inputs, outputs, kernel, stride)
        self._packed: PackedLinear | None = None

    def pack(self) -> None:
        """Lay large weights out for products with few rows, on a CPU; the convolution's own are let go."""
        if _as_product(self.conv.weight, FEW_STEPS):
            self._packed = PackedLinear(self.conv.weight.flatten(1).T)
            del self.conv.weight

    def init_state(self, slots: int) -> OverlapState:
        device, dtype = place_of(self)
        return OverlapState(torch.zeros(slots, self.outputs, self.stride * self.overlaps, device=device, dtype=dtype))

    def forward(self, x: Tensor, state: OverlapState, active: Tensor) -> Tensor:
        bias = self.conv.bias
        assert bias is not None
        by_product = self._packed is not None or _as_product(self.conv.weight, x.shape[-1])
        out = self._as_product(x) if by_product else self.conv(x)
        if not self.overlaps:
            return out
        # The tail leaves out the bias, which the next chunk's own outputs bring along.
        out, tail = out[..., : -self.stride], out[..., -self.stride :] - bias[:, None]
        out[..., : self.stride] += state.tail
        state.tail.copy_(torch.where(active[:, None, None], tail, state.tail))
        return out

    def _as_product(self, x: Tensor) -> Tensor:
        bias, rows = self.conv.bias, x.transpose(1, 2)
        assert bias is not None
        # [B, T, C' * kernel]
        made = torch.matmul(rows, self.conv.weight.flatten(1)) if self._packed is None else self._packed(rows)
        made = made.view(*made.shape[:2], self.outputs, -1).transpose(1, 2)  # [B, C', T, kernel]
        if not self.overlaps:
            return made.flatten(2) + bias[:, None]
        heads, tails = (functional.pad(half, pad) for half, pad in zip(made.chunk(2, -1), _LATER, strict=True))
        out: Tensor = (heads + tails).flatten(2) + bias[:, None]
        return out


_LATER: Final = ((0, 0, 0, 1), (0, 0, 1, 0))
"""Padding of a kernel's first half and of its second, which falls together with the next step's first half."""


FEW_STEPS: Final = 4
"""Steps of a frame that the largest weights of a codec meet."""


def _as_product(weight: Tensor, steps: int) -> bool:
    """Whether few steps meet large weights: then a matrix product is faster than a convolution of the library.

    oneDNN rearranges the weights on each call. Measured on one core of an EPYC with AVX-512, 4 steps: 96 ms as a
    transposed convolution of 18.9 M weights, 7 ms as a product. In all other cases the library's own convolution stays,
    which rounds as the official decoder does.
    """
    return steps <= weight.numel() >> 20
