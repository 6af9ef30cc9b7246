"""A linear map on the native kernels."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from makima.models.qwen3.kernels.conversion import array_of
from makima.nn.native.quantized import QuantizedMatrix
from makima.nn.native.threads import ThreadPool
from makima.nn.transformer import Linear


class NativeLinear(nn.Module):
    """`Linear` on the kernels. A row's result hangs on that row alone; rows of zeros, as of idle slots, cost nothing.

    In PyTorch the talker's one head took threads of another pool, which then spin for milliseconds, in the way of ours.

    Shapes: bias [out]; x [..., in] float32 -> [..., out]
    """

    def __init__(self, matrix: QuantizedMatrix, pool: Callable[[], ThreadPool], bias: Tensor | None = None) -> None:
        """`pool` tells which threads are to run the next product."""
        super().__init__()
        self._matrix, self._pool, self._bias = matrix, pool, bias

    @classmethod
    def unrounded(cls, weight: Tensor, bias: Tensor | None, pool: Callable[[], ThreadPool]) -> NativeLinear:
        """The map with its weights as they are. Shapes: weight [out, in]"""
        packed = QuantizedMatrix.pack(array_of(weight.float()), "float32")
        return cls(packed, pool, None if bias is None else bias.detach().float())

    @classmethod
    def of(cls, linear: Linear, pool: Callable[[], ThreadPool]) -> NativeLinear:
        """The same map as `linear`."""
        return cls.unrounded(linear.weight, linear.bias, pool)

    def forward(self, x: Tensor) -> Tensor:
        rows = x.reshape(-1, x.shape[-1])
        out = torch.zeros(len(rows), self._matrix.rows)
        nonzero = rows.any(-1)
        out[nonzero] = torch.from_numpy(self._matrix.product(rows[nonzero].numpy(), pool=self._pool()))
        if self._bias is not None:
            out += self._bias
        return out.view(*x.shape[:-1], -1)
