"""Linear maps for PyTorch on a CPU, with weights in the layout of its libraries: in float32, or rounded to 8 bits.

A stream brings one row or a few, so a map costs what reading its weights costs. In this layout they are read at the
speed of memory, and in 8 bits there is a quarter as much to read.
"""

from __future__ import annotations

import functools
import warnings
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:  # what a linear map is packed from is made in a module that this one does not need
    from makima.nn.transformer import Linear


class PackedLinear(nn.Module):
    """`Linear` in float32, laid out for oneDNN where PyTorch was built with it.

    Measured on two cores of an EPYC (Zen 4), 1024 to 4096: one row 0.66 ms for 1.07, four rows 0.54 for 2.07.

    Shapes: weight [out, in], bias [out]; x [..., in] -> [..., out]
    """

    def __init__(self, weight: Tensor, bias: Tensor | None = None) -> None:
        super().__init__()
        self._bias = bias
        self._packs: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        weight = weight.detach().float().contiguous()
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight, 1) if self._packs else weight

    @classmethod
    def of(cls, linear: Linear) -> PackedLinear:
        return cls(linear.weight, linear.bias)

    def forward(self, x: Tensor) -> Tensor:
        if not self._packs:
            return functional.linear(x, self._weight, self._bias)
        made: Tensor = torch.ops.mkldnn._linear_pointwise(x, self._weight, self._bias, "none", [], "")
        return made


class Int8Linear(nn.Module):
    """`Linear` with weights of 8 bits, a scale for each output, and inputs rounded to 8 bits, a scale for each row.

    A row's result depends on that row alone.

    Shapes: weight [out, in]; x [..., in] float32 -> [..., out]
    """

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        weight = weight.detach().float()
        scales = (weight.abs().amax(1) / 127).clamp(min=torch.finfo(torch.float32).tiny)
        rounded = (weight / scales[:, None]).round_().to(torch.int8)
        self._packed = _prepacked(rounded, scales)
        self._seven_bits = sums_saturate()

    @classmethod
    def of(cls, linear: Linear) -> Int8Linear:
        assert linear.bias is None, "a bias would be scaled with the rows"
        return cls(linear.weight)

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() == 1:  # the library wants rows
            return self._product(x[None])[0]
        if x.shape[:-1].numel() == 1:
            return self._product(x)
        # The library has one scale for all rows, which a large row would set: so all are scaled to the same peak.
        peak = x.abs().amax(-1, keepdim=True).clamp_(min=torch.finfo(torch.float32).tiny)
        return self._product(x / peak).mul_(peak)

    def _product(self, x: Tensor) -> Tensor:
        made: Tensor = torch.ops.quantized.linear_dynamic(x, self._packed, self._seven_bits)
        return made


def int8_possible() -> bool:
    """Whether this build of PyTorch has products of 8 bits."""
    engines = torch.backends.quantized.supported_engines
    return any(engine != "none" for engine in engines) and hasattr(torch, "_make_per_channel_quantized_tensor")


@functools.cache
def sums_saturate() -> bool:
    """Whether PyTorch's products of 8 bits are wrong for large values, so that inputs must be rounded to 7 bits.

    x86 without VNNI adds pairs of products in 16 bits: 2 * 255 * 127 becomes 32767. Measured with the largest values,
    because which instructions PyTorch uses depends on its build and on the engine chosen, not on the processor alone.
    """
    width = 32
    largest = _prepacked(torch.full((width, width), 127, dtype=torch.int8), torch.ones(width))
    found: Tensor = torch.ops.quantized.linear_dynamic(torch.ones(1, width), largest, False)
    return bool((found < 0.9 * 127 * width).any())


def _prepacked(rounded: Tensor, scales: Tensor) -> Any:
    """Weights as PyTorch's products of 8 bits take them. Shapes: rounded [out, in] int8, scales [out]"""
    zeros = torch.zeros(len(scales), dtype=torch.int64)
    with warnings.catch_warnings():
        # PyTorch warns that it will drop this kind of tensor; `int8_possible` checks that this version has it.
        warnings.simplefilter("ignore", UserWarning)
        whole = torch._make_per_channel_quantized_tensor(rounded, scales.double(), zeros, 0)
    return torch.ops.quantized.linear_prepack(whole, None)
