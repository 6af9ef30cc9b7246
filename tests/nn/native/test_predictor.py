"""A frame of the code predictor against its steps one by one, and draws against the plain sampler."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from makima.errors import ConfigError
from makima.nn.native.predictor import GREEDY, NativePredictor, PredictorWeights, RowSampling, draw
from makima.nn.native.quantized import Kind, QuantizedMatrix
from makima.nn.native.threads import ThreadPool

from .reference import SMALL, Array, ReferenceDecoder, packed

Pools = Callable[[int], ThreadPool]
STEPS, VOCABULARY = 5, 80


def random(*size: int, seed: int = 7) -> Array:
    return np.random.default_rng(seed).standard_normal(size).astype(np.float32)


def predictor_weights(kind: Kind, width: int, pool: ThreadPool) -> tuple[PredictorWeights, list[Array]]:
    decoder, _ = packed(SMALL, kind, seed=11)
    heads = [random(VOCABULARY, SMALL.hidden, seed=20 + i) for i in range(STEPS)]
    wide = width != SMALL.hidden
    weights = PredictorWeights(
        decoder,
        tuple(QuantizedMatrix.pack(head, "float32", pool=pool) for head in heads),
        tuple(random(VOCABULARY, width, seed=40 + i) for i in range(STEPS)),
        QuantizedMatrix.pack(random(SMALL.hidden, width, seed=60), "float32", pool=pool) if wide else None,
        random(SMALL.hidden, seed=61) if wide else None,
    )
    return weights, heads


def plain_draw(logits: Array, how: RowSampling, uniform: float) -> int:
    """The sampler in five lines: likeliest first, top-k, top-p, cumulative sum."""
    if how.temperature <= 0:
        return int(logits.argmax())
    order = np.argsort(-logits, kind="stable")[: how.top_k or len(logits)]
    share = np.exp((logits[order].astype(np.float64) - logits.max()) / how.temperature)
    share /= share.sum()
    if how.top_p < 1:
        share[1:][(np.cumsum(share) - share)[1:] >= how.top_p] = 0
    reached = np.cumsum(share)
    return int(order[min(np.searchsorted(reached, uniform * reached[-1], side="right"), len(order) - 1)])


def reference_frame(
    weights: PredictorWeights, heads: list[Array], hidden: Array, first: Array, how: RowSampling, noise: Array
) -> tuple[list[int], Array]:
    decoder, layers = packed(SMALL, "float32", seed=11)
    reference = ReferenceDecoder(SMALL, layers, decoder.final_norm)

    def enter(x: Array) -> Array:
        if weights.projection is None or weights.projection_bias is None:
            return x
        projected: Array = weights.projection.dequantized() @ x + weights.projection_bias
        return projected

    reference.step(enter(hidden))
    codes: list[int] = []
    x, total = first, np.zeros_like(first)
    for step, head in enumerate(heads):
        codes.append(plain_draw(head @ reference.step(enter(x)), how, noise[step]))
        x = weights.embeddings[step][codes[-1]]
        total = total + x
    return codes, total


@pytest.mark.parametrize("width", [SMALL.hidden, 96])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_frame_is_the_reference(width: int, threads: int, instruction_set: str, pool: Pools) -> None:
    weights, heads = predictor_weights("float32", width, pool(1))
    predictor = NativePredictor(weights, rows=5, pool=pool(threads), instruction_set=instruction_set)
    rows = [GREEDY, RowSampling(), RowSampling(0.7, 5), RowSampling(1.3, 0, 0.8), RowSampling(0.9, 50, 0.5)]
    for frame in range(6):
        hidden, first = random(5, width, seed=frame), random(5, width, seed=100 + frame)
        noise = np.random.default_rng(frame).random((5, STEPS), dtype=np.float32)
        codes, total = predictor.frame(hidden, first, rows, noise)
        for row, how in enumerate(rows):
            expected, summed = reference_frame(weights, heads, hidden[row], first[row], how, noise[row])
            assert codes[row].tolist() == expected
            np.testing.assert_allclose(total[row], summed, atol=1e-5)


@pytest.mark.parametrize("kind", ["float32", "int4"])
def test_a_row_is_what_it_is_alone(kind: Kind, instruction_set: str, pool: Pools) -> None:
    weights, _ = predictor_weights(kind, SMALL.hidden, pool(1))
    together = NativePredictor(weights, rows=7, pool=pool(2), instruction_set=instruction_set)
    alone = NativePredictor(weights, rows=1, pool=pool(1), instruction_set=instruction_set)
    hidden, first = random(7, SMALL.hidden), random(7, SMALL.hidden, seed=8)
    noise = np.random.default_rng(9).random((7, STEPS), dtype=np.float32)
    codes, total = together.frame(hidden, first, [RowSampling()] * 7, noise)
    for row in range(7):
        part = slice(row, row + 1)
        expected, summed = alone.frame(hidden[part], first[part], [RowSampling()], noise[part])
        assert codes[row].tolist() == expected[0].tolist()
        np.testing.assert_array_equal(total[row], summed[0])


def test_frames_do_not_depend_on_those_before(pool: Pools) -> None:
    weights, _ = predictor_weights("int8", SMALL.hidden, pool(1))
    predictor = NativePredictor(weights, rows=1, pool=pool(1))
    first = predictor.frame(random(1, SMALL.hidden), random(1, SMALL.hidden), [GREEDY])[0]
    predictor.frame(random(1, SMALL.hidden, seed=1), random(1, SMALL.hidden, seed=2), [GREEDY])
    again = predictor.frame(random(1, SMALL.hidden), random(1, SMALL.hidden), [GREEDY])[0]
    np.testing.assert_array_equal(first, again)


def test_embeddings_may_be_bfloat16(pool: Pools) -> None:
    weights, _ = predictor_weights("float32", SMALL.hidden, pool(1))
    bits = tuple((table.view(np.uint32) >> 16).astype(np.uint16) for table in weights.embeddings)
    same = tuple((table.astype(np.uint32) << 16).view(np.float32) for table in bits)
    results = [
        NativePredictor(PredictorWeights(weights.decoder, weights.heads, tables), rows=1, pool=pool(1)).frame(
            random(1, SMALL.hidden), random(1, SMALL.hidden, seed=8), [GREEDY]
        )
        for tables in (bits, same)
    ]
    np.testing.assert_array_equal(results[0][0], results[1][0])
    np.testing.assert_array_equal(results[0][1], results[1][1])


@pytest.mark.parametrize(
    "how",
    [
        RowSampling(1.0, 0),
        RowSampling(0.9, 50),
        RowSampling(0.3, 7),
        RowSampling(1.0, 1),
        RowSampling(1.5, 0, 0.9),
        RowSampling(0.8, 20, 0.4),
        RowSampling(1.0, 0, 0.0),
        RowSampling(1.0, 5000),
    ],
)
def test_draws_are_the_plain_samplers(how: RowSampling) -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        logits = (rng.standard_normal(300) * 3).astype(np.float32)
        uniform = float(rng.random(dtype=np.float32))
        assert draw(logits, how, uniform) == plain_draw(logits, how, uniform)


def test_draws_follow_the_distribution() -> None:
    logits = np.log(np.array([0.5, 0.2, 0.2, 0.1], np.float32))
    uniforms = (np.arange(1000, dtype=np.float32) + 0.5) / 1000
    drawn = [draw(logits, RowSampling(1.0, 0), float(u)) for u in uniforms]
    np.testing.assert_allclose(np.bincount(drawn, minlength=4) / 1000, [0.5, 0.2, 0.2, 0.1], atol=0.002)


def test_greedy_and_ties_take_the_lower_index() -> None:
    logits = np.array([1, 3, 3, 2, 3], np.float32)
    assert draw(logits, GREEDY, 0.99) == 1
    assert draw(logits, RowSampling(1.0, 1), 0.99) == 1
    assert {draw(logits, RowSampling(1.0, 2), u) for u in (0.0, 0.4, 0.6, 0.99)} == {1, 2}


def test_suppressed_codes_are_never_drawn() -> None:
    logits = np.full(10, -np.inf, np.float32)
    logits[[2, 6]] = 0.0
    assert {draw(logits, RowSampling(1.0, 5), u / 50) for u in range(50)} == {2, 6}


def test_broken_logits_still_give_a_code() -> None:
    for value in (np.nan, -np.inf, np.inf):
        logits = np.full(70, value, np.float32)
        for how in (GREEDY, RowSampling(0.9, 50), RowSampling(0.9, 0, 0.5)):
            assert 0 <= draw(logits, how, 0.7) < 70


def test_what_does_not_fit_is_named(pool: Pools) -> None:
    weights, _ = predictor_weights("float32", SMALL.hidden, pool(1))
    with pytest.raises(ConfigError, match="projection"):
        PredictorWeights(weights.decoder, weights.heads, tuple(table[:, :32] for table in weights.embeddings))
    with pytest.raises(ConfigError, match="5 heads and 4 embeddings"):
        PredictorWeights(weights.decoder, weights.heads, weights.embeddings[1:])
    with pytest.raises(ConfigError, match="embeddings"):
        PredictorWeights(weights.decoder, weights.heads, (weights.embeddings[0][:9], *weights.embeddings[1:]))
    predictor, x = NativePredictor(weights, rows=2, pool=pool(1)), random(1, SMALL.hidden)
    with pytest.raises(ValueError, match=r"\[1 to 2, 64\]"):
        predictor.frame(random(3, SMALL.hidden), random(3, SMALL.hidden), [GREEDY] * 3)
    with pytest.raises(ValueError, match="2 samplings for 1 rows"):
        predictor.frame(x, x, [GREEDY] * 2)
    with pytest.raises(ValueError, match="need noise"):
        predictor.frame(x, x, [RowSampling()])
    with pytest.raises(ValueError, match=r"noise has the shape \(1, 2\)"):
        predictor.frame(x, x, [GREEDY], np.zeros((1, 2), np.float32))
