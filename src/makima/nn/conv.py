"""Causal convolutions that stream: each keeps what the next chunk needs of the last one."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from makima.nn.streaming import State, StreamingModule, place_of, write_rows


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

    def init_state(self, slots: int) -> ConvState:
        device, dtype = place_of(self)
        return ConvState(torch.zeros(slots, self.conv.in_channels, self.reach, device=device, dtype=dtype))

    def forward(self, x: Tensor, state: ConvState, active: Tensor) -> Tensor:
        if self.reach:
            x = torch.cat((state.history, x), dim=-1)
            write_rows(state.history, x[..., -self.reach :], active)
        out: Tensor = self.conv(x)
        return out


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

    def init_state(self, slots: int) -> OverlapState:
        device, dtype = place_of(self)
        return OverlapState(torch.zeros(slots, self.outputs, self.stride * self.overlaps, device=device, dtype=dtype))

    def forward(self, x: Tensor, state: OverlapState, active: Tensor) -> Tensor:
        out: Tensor = self.conv(x)
        if not self.overlaps:
            return out
        bias = self.conv.bias
        assert bias is not None
        # The tail leaves out the bias, which the next chunk's own outputs bring along.
        out, tail = out[..., : -self.stride], out[..., -self.stride :] - bias[:, None]
        out[..., : self.stride] += state.tail
        write_rows(state.tail, tail, active)
        return out
