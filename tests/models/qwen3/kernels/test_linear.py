"""A linear map on the native kernels."""

from __future__ import annotations

import pytest
import torch

from makima.models.qwen3.kernels.linear import NativeLinear
from makima.nn import native
from makima.nn.native.quantized import QuantizedMatrix
from makima.nn.native.threads import shared_pool

if not native.available():
    pytest.skip(f"the kernels were not compiled: {native.why_not()}", allow_module_level=True)


def test_rows_of_zeros_are_left_out() -> None:
    weight = torch.randn(48, 64, generator=torch.Generator().manual_seed(2))
    head = NativeLinear(QuantizedMatrix.pack(weight.numpy(), "float32"), shared_pool)
    x = torch.randn(4, 1, 64, generator=torch.Generator().manual_seed(3))
    x[[1, 3]] = 0
    found = head(x)
    torch.testing.assert_close(found, x @ weight.T)
    assert torch.equal(found[2], head(x[2:3])[0])
    assert not head(torch.zeros(2, 64)).any()
