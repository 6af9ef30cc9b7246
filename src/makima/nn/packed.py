"""Linear maps for PyTorch on a CPU whose weights are laid out once for its libraries: in float32, or rounded to 8 bits.

With one row or a few, which is what a stream brings, a map costs what reading its weights costs; laid out so, they are
read at the speed of memory, and rounded there is a quarter as much to read.
"""

from __future__ import annotations

import platform
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from makima.nn.linear import Linear


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

    What comes out of a row depends on that row alone.

    Shapes: weight [out, in]; x [..., in] float32 -> [..., out]
    """

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        weight = weight.detach().float()
        scales = (weight.abs().amax(1) / 127).clamp(min=torch.finfo(torch.float32).tiny)
        rounded = (weight / scales[:, None]).round_().to(torch.int8)
        zeros = torch.zeros(len(weight), dtype=torch.int64)
        with warnings.catch_warnings():
            # Tensors of this kind are to go from PyTorch one day, for which `int8_possible` looks; their products stay.
            warnings.simplefilter("ignore", UserWarning)
            whole = torch._make_per_channel_quantized_tensor(rounded, scales.double(), zeros, 0)
        self._packed = torch.ops.quantized.linear_prepack(whole, None)
        self._seven_bits = sums_saturate()

    @classmethod
    def of(cls, linear: Linear) -> Int8Linear:
        assert linear.bias is None, "rows that are scaled have no place for a bias"
        return cls(linear.weight)

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() == 1:  # the library wants rows
            return self._product(x[None])[0]
        if x.shape[:-1].numel() == 1:
            return self._product(x)
        # The library has one scale for all rows, and a loud one would drown the others: so all are made equally loud.
        peak = x.abs().amax(-1, keepdim=True).clamp_(min=torch.finfo(torch.float32).tiny)
        return self._product(x / peak).mul_(peak)

    def _product(self, x: Tensor) -> Tensor:
        made: Tensor = torch.ops.quantized.linear_dynamic(x, self._packed, self._seven_bits)
        return made


def int8_possible() -> bool:
    """Whether this build of PyTorch has products of 8 bits."""
    engines = torch.backends.quantized.supported_engines
    return any(engine != "none" for engine in engines) and hasattr(torch, "_make_per_channel_quantized_tensor")


def sums_saturate() -> bool:
    """Whether pairs of products of 8 bits are added in 16, as on x86 without VNNI, so that inputs must be of 7 bits."""
    if platform.machine().lower() not in ("x86_64", "amd64", "i386", "i686"):
        return False
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return not capabilities.get("avx512_vnni", False)


def replace_linears(module: nn.Module, make: Callable[[Linear], nn.Module]) -> None:
    """Put `make(linear)` in the place of every `Linear` below `module`; the memory of each is let go at once."""
    for name, child in list(module.named_children()):
        if isinstance(child, Linear):
            setattr(module, name, make(child))
        else:
            replace_linears(child, make)
