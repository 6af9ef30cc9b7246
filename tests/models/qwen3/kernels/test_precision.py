"""Which matrices stay finer: found where the error was put."""

from __future__ import annotations

import pytest
import torch

from makima.models.qwen3.kernels.precision import MOST_FINER, pack_measured
from makima.nn import native
from makima.nn.transformer import DecoderConfig, DecoderStack

if not native.available():
    pytest.skip(f"the kernels were not compiled: {native.why_not()}", allow_module_level=True)

LAYERS = 8


@pytest.fixture
def stack() -> DecoderStack:
    torch.manual_seed(0)
    config = DecoderConfig(64, 128, LAYERS, 4, 2, 16, 1e6, 1e-6, head_norm=True, layer_scale=False, window=None)
    stack = DecoderStack(config)
    for parameter in stack.parameters():
        parameter.data = torch.randn_like(parameter) * 0.05 if parameter.dim() > 1 else torch.ones_like(parameter)
    return stack


def test_the_matrix_that_errs_stays_in_int8(stack: DecoderStack) -> None:
    # One large weight in each group of a row makes four bits coarse for all the others.
    weight = stack.layers[5].self_attn.o_proj.weight  # type: ignore[union-attr]
    weight.data[:, ::64] = 8.0  # type: ignore[operator]
    inputs, head = torch.randn(2, 12, 64), torch.randn(64, 50)
    layers = list(stack.layers)
    with torch.inference_mode():
        weights, measured = pack_measured(stack, iter(layers), inputs, lambda hidden: hidden @ head)  # type: ignore[arg-type]
    assert weights.layers[5].output.kind == "int8"
    assert "output of layers 4 to 5" in measured.finer
    assert measured.error < measured.coarse_error / 2
    assert 0 < measured.share <= MOST_FINER
    assert "int8" in str(measured)


def test_nothing_is_finer_where_nothing_errs(stack: DecoderStack) -> None:
    for parameter in stack.parameters():
        if parameter.dim() > 1:
            parameter.data = parameter.data.sign() * 0.05
    with torch.inference_mode():
        weights, measured = pack_measured(stack, stack.layers, torch.randn(1, 9, 64), lambda hidden: hidden)  # type: ignore[arg-type]
    assert {layer.down.kind for layer in weights.layers} == {"int4"}
    assert measured.finer == ()
