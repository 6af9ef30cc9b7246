"""The step against a plain decoder, for rows that stand anywhere."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from makima.errors import ConfigError
from makima.nn.native import instruction_sets
from makima.nn.native.decoder import NativeDecoder
from makima.nn.native.memory import Arena
from makima.nn.native.quantized import KINDS, Kind, QuantizedMatrix
from makima.nn.native.shapes import DecoderShape
from makima.nn.native.threads import ThreadPool
from makima.nn.native.weights import MATRICES, DecoderWeights

from .reference import SMALL, Array, ReferenceDecoder, packed, random_layers

Pools = Callable[[int], ThreadPool]

SHAPES = [
    SMALL,
    DecoderShape(layers=3, hidden=96, heads=4, kv_heads=2, head_dim=16, mlp=96),
    DecoderShape(layers=1, hidden=128, heads=3, kv_heads=1, head_dim=48, mlp=80, rope_theta=1e4),
    DecoderShape(layers=2, hidden=256, heads=16, kv_heads=8, head_dim=128, mlp=320),
    DecoderShape(layers=1, hidden=32, heads=2, kv_heads=2, head_dim=16, mlp=16, rms_norm_eps=1e-5),
    DecoderShape(layers=2, hidden=64, heads=4, kv_heads=4, head_dim=32, mlp=96, head_norm=False, window=9),
]
WINDOWED = SHAPES[-1]


def inputs(*size: int, seed: int = 3) -> Array:
    return np.random.default_rng(seed).standard_normal(size).astype(np.float32)


@cache
def stepped(shape: DecoderShape, kind: Kind) -> tuple[DecoderWeights, list[Array]]:
    """Weights, and what the reference makes of `inputs` by them: once for all instruction sets."""
    weights, layers = packed(shape, kind)
    reference = ReferenceDecoder(shape, layers, weights.final_norm, rounds=kind in ("int8", "int4"))
    return weights, [reference.step(x) for x in inputs(36, shape.hidden)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_slot_is_the_reference(shape: DecoderShape, kind: Kind, instruction_set: str, pool: Pools) -> None:
    weights, reference = stepped(shape, kind)
    decoder = NativeDecoder(weights, slots=1, positions=40, pool=pool(1), instruction_set=instruction_set)
    for position, (x, expected) in enumerate(zip(inputs(36, shape.hidden), reference, strict=True)):
        found, _ = decoder.step(x[None], np.array([position]), np.array([0]))
        # Where activations are rounded, a tie that falls the other way moves a result by one int8 step.
        bound = 2e-2 if kind in ("int8", "int4") else 1e-5
        np.testing.assert_allclose(found[0], expected, atol=bound * np.abs(expected).max(), rtol=0)


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("kind", ["float32", "int4"])
def test_rows_out_of_step_are_what_they_are_alone(kind: Kind, threads: int, instruction_set: str, pool: Pools) -> None:
    """Slots start at different times, pause, and change their order in the batch; bits must not change."""
    weights, _ = packed(SMALL, kind)
    rng = np.random.default_rng(5)
    slots, steps = 6, 24
    x = inputs(slots, steps, SMALL.hidden)
    together = NativeDecoder(weights, slots=slots, positions=32, pool=pool(threads), instruction_set=instruction_set)
    at, found = np.zeros(slots, int), np.zeros((slots, steps, SMALL.hidden), np.float32)
    while (at < steps).any():
        chosen = rng.permutation(np.flatnonzero((at < steps) & (rng.random(slots) < 0.7)))
        if len(chosen):
            found[chosen, at[chosen]], _ = together.step(x[chosen, at[chosen]], at[chosen], chosen)
            at[chosen] += 1
    alone = NativeDecoder(weights, slots=1, positions=32, pool=pool(1), instruction_set=instruction_set)
    for slot, step in itertools.product(range(slots), range(steps)):
        expected, _ = alone.step(x[slot, step][None], np.array([step]), np.array([0]))
        np.testing.assert_array_equal(found[slot, step], expected[0])


def test_slots_that_are_not_listed_are_untouched(pool: Pools) -> None:
    weights, _ = packed(SMALL, "int8")
    decoder = NativeDecoder(weights, slots=4, positions=8, pool=pool(2))
    decoder.keys[:], decoder.values[:] = 7, 9
    decoder.step(inputs(2, SMALL.hidden), np.array([3, 0]), np.array([2, 0]))
    for array, mark in ((decoder.keys, 7), (decoder.values, 9)):
        touched = (array != mark).any(axis=(1, 2, 4))
        assert np.argwhere(touched).tolist() == [[0, 0], [2, 3]]


@pytest.mark.parametrize("shape", [SMALL, WINDOWED])
@pytest.mark.parametrize("cache", ["float32", "float16"])
@pytest.mark.parametrize("max_rows", [1, 5, 16])
def test_prefill_is_step_after_step(
    shape: DecoderShape, cache: Any, max_rows: int, instruction_set: str, pool: Pools
) -> None:
    weights, _ = packed(shape, "int4")
    x = inputs(21, shape.hidden)
    made = [
        NativeDecoder(
            weights,
            slots=2,
            positions=32,
            max_rows=max_rows,
            cache=cache,
            pool=pool(2),
            instruction_set=instruction_set,
        )
        for _ in range(2)
    ]
    at_once = made[0].prefill(x, slot=1)
    for position, row in enumerate(x):
        single, _ = made[1].step(row[None], np.array([position]), np.array([1]))
        np.testing.assert_array_equal(at_once[position], single[0])
    np.testing.assert_array_equal(made[0].keys, made[1].keys)


def test_a_layer_scale_is_worked_into_the_weights(pool: Pools) -> None:
    """Against layers that are scaled by hand, in float32 where nothing is rounded away."""
    layers = random_layers(WINDOWED)
    plain = [
        replace(
            layer,
            output=layer.output * layer.attention_scale[:, None],
            down=layer.down * layer.mlp_scale[:, None],
            attention_scale=None,
            mlp_scale=None,
        )
        for layer in layers
        if layer.attention_scale is not None and layer.mlp_scale is not None
    ]
    x, norm = inputs(12, WINDOWED.hidden), np.ones(WINDOWED.hidden, np.float32)
    results = [
        NativeDecoder(
            DecoderWeights.pack(WINDOWED, some, norm, "float32"), slots=1, positions=12, max_rows=4, pool=pool(1)
        ).prefill(x, 0)
        for some in (layers, plain)
    ]
    np.testing.assert_array_equal(results[0], results[1])


def test_a_window_takes_no_more_memory_than_it_sees(pool: Pools) -> None:
    weights, _ = packed(WINDOWED, "float32")
    decoder = NativeDecoder(weights, slots=1, positions=5000, max_rows=4, pool=pool(1))
    assert decoder.keys.shape[3] == WINDOWED.window + 3
    decoder.step(inputs(1, WINDOWED.hidden), np.array([4999]), np.array([0]))


def test_a_half_precision_cache_costs_little(instruction_set: str, pool: Pools) -> None:
    weights, _ = packed(SMALL, "float32")
    x = inputs(30, SMALL.hidden)
    full, half = (
        NativeDecoder(weights, slots=1, positions=32, cache=kind, pool=pool(1), instruction_set=instruction_set)
        for kind in ("float32", "float16")
    )
    expected = full.prefill(x, 0)
    np.testing.assert_allclose(half.prefill(x, 0), expected, atol=4e-3 * np.abs(expected).max(), rtol=0)
    assert half.keys.nbytes * 2 == full.keys.nbytes


@pytest.mark.parametrize("kind", KINDS)
def test_instruction_sets_with_fused_multiply_add_agree_to_the_bit(kind: Kind, pool: Pools) -> None:
    weights, _ = packed(SMALL, kind)
    x = inputs(20, SMALL.hidden)
    results = [
        NativeDecoder(weights, slots=1, positions=20, pool=pool(1), instruction_set=name).prefill(x, 0)
        for name in instruction_sets()
        if name != "portable"
    ]
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])


def test_a_head_multiplies_what_the_step_returns(instruction_set: str, pool: Pools) -> None:
    weights, _ = packed(SMALL, "int4")
    decoder = NativeDecoder(weights, slots=3, positions=4, pool=pool(2), instruction_set=instruction_set)
    head = QuantizedMatrix.pack(inputs(90, SMALL.hidden), "bfloat16", pool=pool(1))
    hidden, logits = decoder.step(inputs(3, SMALL.hidden), np.array([0, 0, 0]), np.array([0, 1, 2]), head=head)
    assert logits is not None
    np.testing.assert_array_equal(logits, head.product(hidden, pool=pool(1), instruction_set=instruction_set))


def test_layers_may_be_kept_at_different_kinds(pool: Pools) -> None:
    def kind(layer: int, name: str) -> Kind:
        return "float32" if layer == 0 else "bfloat16" if name == "down" else "int8"

    weights, layers = packed(SMALL, kind)
    assert {getattr(weights.layers[1], name).kind for name in MATRICES} == {"int8", "bfloat16"}
    decoder = NativeDecoder(weights, slots=1, positions=4, pool=pool(1))
    x = inputs(SMALL.hidden)
    found, _ = decoder.step(x[None], np.array([0]), np.array([0]))
    expected = ReferenceDecoder(SMALL, layers, weights.final_norm).step(x)
    np.testing.assert_allclose(found[0], expected, atol=2e-2 * np.abs(expected).max(), rtol=0)


@pytest.mark.parametrize("copied", [True, False])
def test_weights_come_back_from_arrays(copied: bool, pool: Pools) -> None:
    weights, _ = packed(SMALL, "int4")
    stored = {name: np.copy(array) for name, array in weights.arrays().items()}
    again = DecoderWeights.from_arrays(SMALL, stored, arena=Arena() if copied else None)
    assert again.size_bytes == weights.size_bytes
    assert again.bits_per_weight == weights.bits_per_weight >= 4
    x = inputs(5, SMALL.hidden)
    found, expected = (NativeDecoder(w, slots=1, positions=8, pool=pool(1)).prefill(x, 0) for w in (weights, again))
    np.testing.assert_array_equal(found, expected)


def test_a_cache_brought_along_is_used_in_place(pool: Pools) -> None:
    weights, _ = packed(SMALL, "float32")
    size = (2, SMALL.layers, SMALL.kv_heads, 8, SMALL.head_dim)
    keys, values = np.zeros(size, np.float32), np.zeros(size, np.float32)
    decoder = NativeDecoder(weights, slots=2, positions=8, cache=(keys, values), pool=pool(1))
    decoder.step(inputs(1, SMALL.hidden), np.array([5]), np.array([1]))
    assert keys[1, :, :, 5].all()
    assert values[1, :, :, 5].all()
    for wrong in ((keys[:1], values), (keys, values.astype(np.float16)), (keys.astype(np.float64), values)):
        with pytest.raises(ConfigError, match="cache"):
            NativeDecoder(weights, slots=2, positions=8, cache=wrong, pool=pool(1))


def test_what_does_not_fit_is_named(pool: Pools) -> None:
    weights, _ = packed(SMALL, "float32")
    decoder = NativeDecoder(weights, slots=2, positions=4, pool=pool(1))
    one = np.array([0])
    for x, positions, slots, words in (
        (inputs(1, 32), one, one, r"\(1, 32\)"),
        (inputs(3, 64), np.arange(3), np.arange(3), "1 to 2"),
        (inputs(1, 64), np.array([4]), one, "positions"),
        (inputs(1, 64), np.array([-1]), one, "positions"),
        (inputs(1, 64), one, np.array([2]), "slots"),
        (inputs(2, 64), one, one, "positions"),
    ):
        with pytest.raises(ValueError, match=words):
            decoder.step(x, positions, slots)
    with pytest.raises(ValueError, match="head takes 32"):
        decoder.step(inputs(1, 64), one, one, head=QuantizedMatrix.pack(inputs(16, 32), "int8", pool=pool(1)))
    with pytest.raises(ConfigError, match="positions: 0 is not positive"):
        NativeDecoder(weights, slots=1, positions=0, pool=pool(1))


def test_layers_of_another_shape_are_named() -> None:
    layers = random_layers(SMALL)
    other = DecoderShape(layers=2, hidden=64, heads=4, kv_heads=2, head_dim=32, mlp=112)
    with pytest.raises(ConfigError, match=r"gate: .*\(96, 64\), not \(112, 64\)"):
        DecoderWeights.pack(other, layers, np.ones(64, np.float32), "int8")
    with pytest.raises(ConfigError, match="1 layers, not 2"):
        DecoderWeights.pack(SMALL, layers[:1], np.ones(64, np.float32), "int8")
