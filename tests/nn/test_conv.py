"""Streaming convolutions against the library's own over the whole input."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from makima.nn import conv
from makima.nn.conv import CausalConv1d, CausalConvTranspose1d


def filled(module: torch.nn.Module) -> None:
    torch.manual_seed(4)
    for parameter in module.requires_grad_(False).double().parameters():
        parameter.normal_()


@pytest.fixture(params=[False, True], ids=["convolution", "product"])
def _either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conv, "_as_product", lambda weight, steps: request.param)


@pytest.mark.usefixtures("_either_way")
@pytest.mark.parametrize(("kernel", "dilation", "groups"), [(3, 1, 1), (7, 9, 1), (7, 1, 4), (1, 1, 1)])
def test_conv(kernel: int, dilation: int, groups: int) -> None:
    module = CausalConv1d(4, 8, kernel, dilation, groups)
    filled(module)
    x = torch.randn(2, 4, 30, dtype=torch.float64)
    padded = functional.pad(x, ((kernel - 1) * dilation, 0))
    wanted = functional.conv1d(padded, module.conv.weight, module.conv.bias, dilation=dilation, groups=groups)
    torch.testing.assert_close(module(x, module.init_state(2), torch.ones(2).bool()), wanted)


@pytest.mark.usefixtures("_either_way")
@pytest.mark.parametrize(("kernel", "stride"), [(10, 5), (2, 2)])
def test_transposed_conv(kernel: int, stride: int) -> None:
    module = CausalConvTranspose1d(4, 8, kernel, stride)
    filled(module)
    x = torch.randn(2, 4, 30, dtype=torch.float64)
    whole: Tensor = functional.conv_transpose1d(x, module.conv.weight, module.conv.bias, stride)
    found = module(x, module.init_state(2), torch.ones(2).bool())
    torch.testing.assert_close(found, whole[..., : 30 * stride])
