"""Stacks of stages: streams against the whole, and what the packing promises."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest

from makima.errors import ConfigError
from makima.models.qwen3.codec.stages import decoder_stages
from makima.nn.native import instruction_sets
from makima.nn.native.codec import SPAN, WORD_PEAK, NativeCodec, NativeStage, convolution, depthwise, paired, transposed
from makima.nn.native.memory import Arena
from makima.nn.native.threads import ThreadPool
from tests.support.models.codec_tensors import LATENT, RATES, UPSAMPLE, Array, random_tensors

Pools = Callable[[int], ThreadPool]


def stages_of(tensors: dict[str, Array], *, words: bool = False) -> tuple[NativeStage, ...]:
    return decoder_stages(tensors, UPSAMPLE, RATES, Arena(), words=words)


def latents(*size: int) -> Array:
    return np.random.default_rng(2).standard_normal(size).astype(np.float32)


WEIGHTS = pytest.mark.parametrize("words", [False, True], ids=["float32", "words"])


@WEIGHTS
@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 20])
def test_any_chunking_gives_the_same_bits(chunk: int, words: bool, instruction_set: str, pool: Pools) -> None:
    stages, x = stages_of(random_tensors(), words=words), latents(1, 20, LATENT)
    whole = NativeCodec(stages, slots=1, max_steps=20, pool=pool(1), instruction_set=instruction_set)
    parts = NativeCodec(stages, slots=1, max_steps=4, pool=pool(2), instruction_set=instruction_set)
    slot = np.array([0])
    pieces = [parts.run(x[:, start : start + chunk], slot) for start in range(0, 20, chunk)]
    np.testing.assert_array_equal(np.concatenate(pieces, axis=1), whole.run(x, slot))


@WEIGHTS
def test_streams_do_not_touch_each_other(words: bool, instruction_set: str, pool: Pools) -> None:
    stages, x = stages_of(random_tensors(), words=words), latents(4, 9, LATENT)
    together = NativeCodec(stages, slots=4, max_steps=2, pool=pool(2), instruction_set=instruction_set)
    alone = [NativeCodec(stages, slots=1, max_steps=9, pool=pool(1), instruction_set=instruction_set) for _ in x]
    rng, at, found = np.random.default_rng(3), np.zeros(4, int), [np.empty(0, np.float32)] * 4
    while (at < 9).any():
        chosen = rng.permutation(np.flatnonzero((at < 9) & (rng.random(4) < 0.7)))
        before = together.state.copy()
        if not len(chosen):
            continue
        audio = together.run(x[chosen, at[chosen]][:, None], chosen)
        others = np.setdiff1d(np.arange(4), chosen)
        np.testing.assert_array_equal(together.state[others], before[others])
        for slot, piece in zip(chosen, audio, strict=True):
            found[slot] = np.concatenate([found[slot], piece])
        at[chosen] += 1
    for slot, codec in enumerate(alone):
        np.testing.assert_array_equal(found[slot], codec.run(x[slot : slot + 1], np.array([0]))[0])


def test_a_state_of_zeros_is_fresh_and_a_copied_one_goes_on(pool: Pools) -> None:
    codec = NativeCodec(stages_of(random_tensors()), slots=2, max_steps=4, pool=pool(1))
    x, first, second = latents(1, 8, LATENT), np.array([0]), np.array([1])
    fresh = codec.run(x[:, :4], first)
    codec.state[1] = codec.state[0]
    np.testing.assert_array_equal(codec.run(x[:, 4:], second), codec.run(x[:, 4:], first))
    codec.state[0] = 0
    np.testing.assert_array_equal(codec.run(x[:, :4], first), fresh)


@WEIGHTS
def test_instruction_sets_with_fused_multiply_add_agree_to_the_bit(words: bool, pool: Pools) -> None:
    stages, x = stages_of(random_tensors(), words=words), latents(1, 6, LATENT)
    results = [
        NativeCodec(stages, slots=1, max_steps=6, pool=pool(1), instruction_set=name).run(x, np.array([0]))
        for name in instruction_sets()
        if name != "portable"
    ]
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])


def test_a_snake_holds_far_from_zero(instruction_set: str, pool: Pools) -> None:
    """A frequency that turns hundreds of times: the range reduction must not lose the angle."""
    arena, values = Arena(), np.linspace(-0.9, 0.9, 4001, dtype=np.float32)
    one = np.zeros((16, 16, 1), np.float32)
    one[0, 0] = 1
    first = convolution(one, np.zeros(16), arena).snake(np.full(16, 700.0), np.full(16, 0.1))
    codec = NativeCodec(
        [first, convolution(one[:1], np.zeros(1), arena)],
        slots=1,
        max_steps=len(values),
        pool=pool(1),
        instruction_set=instruction_set,
    )
    x = np.zeros((1, len(values), 16), np.float32)
    x[0, :, 0] = values
    angle = (values * np.float32(700)).astype(np.float64)
    np.testing.assert_allclose(codec.run(x, np.array([0]))[0], values + 0.1 * np.sin(angle) ** 2, atol=1e-6)


def test_words_are_as_large_as_exact_sums_allow(instruction_set: str, pool: Pools) -> None:
    """Rows that have the sign of every weight, all at the peak: a unit more and the sum would turn over."""
    rng, arena, inputs = np.random.default_rng(5), Arena(), 400  # spans of 128, and one of 16
    weight = rng.uniform(0.2, 1, (16, inputs, 1)) * rng.choice([-1, 1], (1, inputs, 1))
    stage = convolution(weight, np.zeros(16), arena).narrowed(arena)
    words = np.abs(stage.weights.view(np.int16).astype(np.int64).reshape(inputs // 2, 16, 2))
    sums = np.stack([words[at : at + SPAN // 2].sum(axis=(0, 2)) for at in range(0, inputs // 2, SPAN // 2)])
    assert (sums * WORD_PEAK < 2**31).all()
    assert (sums.max(axis=0) * WORD_PEAK > 0.99 * 2**31).all()
    codec = NativeCodec([stage], slots=1, max_steps=1, pool=pool(1), instruction_set=instruction_set)
    x = 1e-4 * np.sign(weight[0, :, 0]).astype(np.float32)[None, None]
    np.testing.assert_allclose(codec.run(x, np.array([0]))[0], x[0, 0] @ weight[0], rtol=1e-4)


def test_silence_and_weights_of_zero_stay_so(instruction_set: str, pool: Pools) -> None:
    arena = Arena()
    stage = convolution(np.zeros((16, 16, 1)), np.full(16, 0.25), arena).narrowed(arena)
    codec = NativeCodec([stage], slots=1, max_steps=2, pool=pool(1), instruction_set=instruction_set)
    x = np.zeros((1, 2, 16), np.float32)
    x[0, 1] = 1
    np.testing.assert_array_equal(codec.run(x, np.array([0]))[0], [0.25, 0.25])


def test_what_does_not_fit_is_named(pool: Pools) -> None:
    arena = Arena()
    with pytest.raises(ConfigError, match="kernel of 5"):
        transposed(np.ones((16, 16, 5)), np.ones(16), arena, 2)
    with pytest.raises(ConfigError, match="kernel of 5 is not one of 7"):
        paired(np.ones((16, 16, 5)), np.ones(16), arena)
    with pytest.raises(ConfigError, match="24 channels"):
        depthwise(np.ones((24, 1, 7)), np.ones(24), (np.ones(24), np.ones(24)), arena)
    with pytest.raises(ConfigError, match="no weights in float32"):
        depthwise(np.ones((16, 1, 7)), np.ones(16), (np.ones(16), np.ones(16)), arena).narrowed(arena)
    with pytest.raises(ConfigError, match="no weights in float32"):
        convolution(np.ones((16, 16, 1)), np.ones(16), arena).narrowed(arena).narrowed(arena)
    wide, narrow = (convolution(np.ones((n, 32, 1)), np.ones(n), arena) for n in (32, 1))
    with pytest.raises(ConfigError, match="gives 16 channels, the next takes 32"):
        NativeCodec([narrow, wide], slots=1, max_steps=1, pool=pool(1))
    with pytest.raises(ConfigError, match="one channel"):
        NativeCodec([wide], slots=1, max_steps=1, pool=pool(1))
    with pytest.raises(ConfigError, match="0 slots"):
        NativeCodec([wide, narrow], slots=0, max_steps=1, pool=pool(1))
    codec = NativeCodec([wide, narrow], slots=2, max_steps=1, pool=pool(1))
    for latent, slots in ((latents(1, 1, 16), [0]), (latents(3, 1, 32), [0, 1, 2]), (latents(1, 32), [0])):
        with pytest.raises(ValueError, match="latent has the shape"):
            codec.run(latent, np.array(slots))
    for listed in ([0, 0], [0, 2], [0]):
        with pytest.raises(ValueError, match="different ones"):
            codec.run(latents(2, 1, 32), np.array(listed))


@WEIGHTS
def test_helpers_change_nothing(words: bool, pool: Pools) -> None:
    stages = stages_of(random_tensors(), words=words)
    latent = np.random.default_rng(3).standard_normal((2, 30, LATENT)).astype("f4")
    alone = NativeCodec(stages, slots=2, max_steps=1, pool=pool(1))
    helped = NativeCodec(stages, slots=2, max_steps=1, pool=pool(1))
    assert not helped.help()  # there is nothing to do yet
    over, helps = threading.Event(), [0, 0]

    def help_out(index: int) -> None:
        while not over.is_set():
            helps[index] += helped.help()

    helpers = [threading.Thread(target=help_out, args=(index,)) for index in range(2)]
    for helper in helpers:
        helper.start()
    both = np.arange(2)
    for _ in range(40):  # a thread that helps is where it happens to be
        np.testing.assert_array_equal(helped.run(latent, both), alone.run(latent, both))
    over.set()
    for helper in helpers:
        helper.join()
    assert sum(helps)


def test_two_pools_share_a_state(pool: Pools) -> None:
    stages = stages_of(random_tensors())
    latent = np.random.default_rng(4).standard_normal((1, 8, LATENT)).astype("f4")
    one, slots = NativeCodec(stages, slots=1, max_steps=8, pool=pool(1)), np.arange(1)
    expected = one.run(latent, slots)
    one.state[:] = 0
    other = NativeCodec(stages, slots=1, max_steps=4, pool=pool(2), state=one.state)
    parts = [
        codec.run(latent[:, i : i + 2], slots) for i, codec in zip((0, 2, 4, 6), (one, other, one, other), strict=True)
    ]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), expected)
    with pytest.raises(ConfigError, match="state"):
        NativeCodec(stages, slots=2, max_steps=4, pool=pool(1), state=one.state)
