"""Filters of a vocoder against PyTorch's convolutions and norms."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional

from makima.errors import ConfigError
from makima.nn.native.library import available, tiles
from makima.nn.native.memory import Arena
from makima.nn.native.threads import ThreadPool
from makima.nn.native.vocoder import (
    ADD,
    LEAKY,
    SNAKE,
    STORE,
    Buffer,
    Filter,
    FilterKind,
    NativeVocoder,
    packed_filter,
)

Array = NDArray[np.float32]
Pools = Callable[[int], ThreadPool]
NO_STYLE = np.zeros(1, np.float32)

KINDS = pytest.mark.parametrize(
    "kind",
    [
        "float32",
        pytest.param(
            "bfloat16", marks=pytest.mark.skipif(not (available() and tiles()), reason="this processor has no AMX")
        ),
    ],
)


def random(*shape: int, seed: int = 1) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def seen(values: Array, kind: FilterKind) -> torch.Tensor:
    """What products see of values: with bfloat16, rounded."""
    tensor = torch.from_numpy(np.ascontiguousarray(values))
    return tensor.bfloat16().float() if kind == "bfloat16" else tensor


def convolved(x: Array, weight: Array, bias: Array, kind: FilterKind, dilation: int = 1) -> Array:
    """Shapes: x [T, inputs] -> [T, outputs]"""
    lead = (weight.shape[2] - 1) * dilation // 2
    rows = seen(x, kind).T[None]
    found = functional.conv1d(rows, seen(weight, kind), torch.from_numpy(bias), padding=lead, dilation=dilation)
    return found[0].T.numpy()


def close(found: Array, wanted: Array, kind: FilterKind) -> None:
    near = 2e-3 if kind == "int16" else 2e-4  # words are rounded to a part of the largest in their task
    np.testing.assert_allclose(found, wanted, rtol=near, atol=near * float(np.abs(wanted).max()))


def run_one(
    each: Filter, x: Array, out: Array, instruction_set: str, pool: ThreadPool, style: Array = NO_STYLE
) -> Array:
    """One filter from the first buffer to the second."""
    buffers = [Buffer(x.shape[1], 1, 0, 0), Buffer(out.shape[1], 0, len(out), 1)]
    vocoder = NativeVocoder([each], buffers, pool=pool, instruction_set=instruction_set)
    assert vocoder.run(len(x), (x, out), style)
    return out


@KINDS
@pytest.mark.parametrize(("taps", "dilation"), [(1, 1), (3, 1), (7, 3), (11, 5)])
@pytest.mark.parametrize("length", [1, 31, 128, 300])
def test_a_convolution(
    kind: FilterKind, taps: int, dilation: int, length: int, instruction_set: str, pool: Pools
) -> None:
    x, weight, bias = random(length, 64), random(96, 64, taps, seed=2), random(96, seed=3)
    each = Filter(packed_filter(weight, bias, Arena(), kind), 0, 1, dilation=dilation, lead=(taps - 1) * dilation // 2)
    found = run_one(each, x, np.empty((length, 96), np.float32), instruction_set, pool(2))
    close(found, convolved(x, weight, bias, kind, dilation), kind)


@KINDS
@pytest.mark.parametrize("rate", [2, 6, 10])
def test_upsampling(kind: FilterKind, rate: int, instruction_set: str, pool: Pools) -> None:
    x, weight, bias = random(150, 32), random(32, 64, 2 * rate, seed=2), random(64, seed=3)
    each = Filter(packed_filter(weight, bias, Arena(), kind, rate=rate), 0, 1, lead=1, skip=rate // 2)
    found = run_one(each, x, np.empty((150 * rate, 64), np.float32), instruction_set, pool(2))
    tensors = seen(x, kind).T[None], seen(weight, kind), torch.from_numpy(bias)
    wanted = functional.conv_transpose1d(*tensors, stride=rate, padding=rate // 2)[0].T
    close(found, wanted.numpy(), kind)
    reflected = replace(each, skip=rate // 2 - 1, reflect=True)
    found = run_one(reflected, x, np.empty((150 * rate + 1, 64), np.float32), instruction_set, pool(2))
    close(found, np.concatenate([wanted[1:2], wanted]), kind)


@KINDS
def test_norm_snake_and_residual(kind: FilterKind, instruction_set: str, pool: Pools) -> None:
    """Two filters: the norm of the second takes the mean and the deviation of what the first gave."""
    x, length = random(300, 32), 300
    weights = [random(32, 32, 3, seed=seed) for seed in (2, 3)]
    bias, style = random(32, seed=4), random(64, seed=5)
    alpha: Array = np.abs(random(32, seed=6)) + np.float32(0.3)
    packed = [packed_filter(weight, bias, Arena(), kind) for weight in weights]
    first = Filter(packed[0], 0, 1, lead=1, activation=LEAKY, slope=0.1, scale=0.5)
    second = Filter(
        packed[1], 1, 2, 1, lead=1, norm=0, activation=SNAKE, frequency=alpha, amplitude=np.reciprocal(alpha)
    )
    out = np.empty((length, 32), np.float32)
    buffers = [Buffer(32, 1, 0, 0), Buffer(32, 1), Buffer(32, 1, 0, 1)]
    vocoder = NativeVocoder([first, second], buffers, pool=pool(2), instruction_set=instruction_set)
    assert vocoder.run(length, (x, out), style)
    halved = functional.leaky_relu(torch.from_numpy(x) / 2, 0.1).numpy()
    middle = convolved(halved, weights[0], bias, kind)
    normed = (middle - middle.mean(axis=0)) / np.sqrt(middle.var(axis=0) + 1e-5) * style[:32] + style[32:]
    snake = normed + np.sin(alpha * normed) ** 2 / alpha
    wanted = convolved(snake.astype(np.float32), weights[1], bias, kind) + middle
    # Values that lie between two of bfloat16 may round either way after another order of sums.
    tolerance = (2e-4 if kind == "float32" else 2e-2) * float(np.abs(wanted).max())
    np.testing.assert_allclose(out, wanted, atol=tolerance)


@KINDS
def test_a_total_adds_up(kind: FilterKind, instruction_set: str, pool: Pools) -> None:
    x, weight, bias = random(40, 32), random(32, 32, 3, seed=2), random(32, seed=3)
    once = Filter(packed_filter(weight, bias, Arena(), kind), 0, total=1, adding=STORE, residual=0, lead=1)
    buffers = [Buffer(32, 1, 0, 0), Buffer(32, 1, 0, 1)]
    out = np.full((40, 32), np.nan, np.float32)
    filters = [once, replace(once, adding=ADD), replace(once, adding=ADD)]
    assert NativeVocoder(filters, buffers, pool=pool(2), instruction_set=instruction_set).run(40, (x, out), NO_STYLE)
    close(out, 3 * (convolved(x, weight, bias, kind) + x), kind)


@KINDS
def test_threads_change_no_bit(kind: FilterKind, instruction_set: str, pool: Pools) -> None:
    weights = [packed_filter(random(64, 64, 5, seed=seed), random(64, seed=9), Arena(), kind) for seed in (2, 3, 4)]
    style = random(128, seed=5)
    filters = [
        Filter(weight, place, place + 1, lead=2, norm=0 if place else -1) for place, weight in enumerate(weights)
    ]
    buffers = [Buffer(64, 1, 0, 0), Buffer(64, 1), Buffer(64, 1), Buffer(64, 1, 0, 1)]
    vocoders = [NativeVocoder(filters, buffers, pool=pool(n), instruction_set=instruction_set) for n in (1, 2)]
    for length in (400, 130, 700):  # memory of an earlier run is taken up again
        x = random(length, 64, seed=length)
        outs = [np.empty((length, 64), np.float32) for _ in vocoders]
        for vocoder, out in zip(vocoders, outs, strict=True):
            assert vocoder.run(length, (x, out), style)
        np.testing.assert_array_equal(outs[0], outs[1])


def test_a_stop_ends_it(pool: Pools) -> None:
    weights = packed_filter(random(32, 32, 3), random(32), Arena(), "float32")
    vocoder = NativeVocoder([Filter(weights, 0, 1, lead=1)], [Buffer(32, 1, 0, 0), Buffer(32, 1, 0, 1)], pool=pool(2))
    x, out = random(10, 32), np.zeros((10, 32), np.float32)
    assert not vocoder.run(10, (x, out), NO_STYLE, ctypes.c_int32(1))
    assert not out.any()
    assert vocoder.run(10, (x, out), NO_STYLE, ctypes.c_int32(0))
    assert out.any()


def test_what_does_not_fit_is_refused(pool: Pools) -> None:
    weights = packed_filter(random(32, 32, 3), random(32), Arena(), "float32")
    buffers = [Buffer(32, 1, 0, 0), Buffer(32, 1, 0, 1), Buffer(64, 1)]
    for wrong in (Filter(weights, 2, 1), Filter(weights, 0, 2), Filter(weights, 0, 1, residual=2), Filter(weights, 0)):
        with pytest.raises(ConfigError):
            NativeVocoder([wrong], buffers, pool=pool(1))
    with pytest.raises(ConfigError, match="two strides"):
        packed_filter(random(32, 32, 3), random(32), Arena(), "float32", rate=2)
    vocoder = NativeVocoder([Filter(weights, 0, 1, lead=1)], buffers, pool=pool(1))
    x = random(10, 32)
    for frames, given in ((10, (x, x[:5])), (0, (x, x)), (10, (x, x.astype(np.float64))), (5, (x, x[::2]))):
        with pytest.raises(ValueError, match=r"[Aa]rray"):
            vocoder.run(frames, given, NO_STYLE)  # type: ignore[arg-type]
