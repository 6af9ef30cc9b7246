"""Choosing tokens."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from makima.models.chatterbox.sampling import Sampling, choose, penalise


def scores(*values: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.array(values, np.float32)


def drawn(logits: list[float], sampling: Sampling, said: tuple[int, ...] = (), times: int = 400) -> Counter[int]:
    random = np.random.default_rng(1)
    return Counter(choose(scores(*logits), said, sampling, random) for _ in range(times))


def test_what_was_said_gets_less_likely_on_either_side_of_nought() -> None:
    before = scores(2.4, -1.0, 0.5, 0.0)
    np.testing.assert_allclose(penalise(before, [0, 1, 1, 3], 1.2), [2.0, -1.2, 0.5, 0.0])
    np.testing.assert_array_equal(before, scores(2.4, -1.0, 0.5, 0.0), "the scores themselves stay")


def test_a_penalty_counts_once_however_often_a_token_was_said() -> None:
    np.testing.assert_array_equal(penalise(scores(2.4, 1.0), [0] * 9, 1.2), penalise(scores(2.4, 1.0), [0], 1.2))


def test_greedy_takes_the_likeliest_after_the_penalty() -> None:
    random = np.random.default_rng(1)
    assert choose(scores(1.1, 1.0, 0.0), [], Sampling.greedy(), random) == 0
    assert choose(scores(1.1, 1.0, 0.0), [0], Sampling.greedy(), random) == 1


def test_chance_follows_the_scores() -> None:
    plain = Sampling(temperature=1.0, top_k=0, top_p=1.0)
    counts = drawn([float(np.log(0.7)), float(np.log(0.2)), float(np.log(0.1))], plain, times=2_000)
    assert [counts[token] / 2_000 for token in range(3)] == pytest.approx([0.7, 0.2, 0.1], abs=0.03)


def test_a_low_temperature_is_nearly_greedy() -> None:
    assert set(drawn([1.0, 0.0, 0.5], Sampling(temperature=0.02))) == {0}


def test_top_k() -> None:
    assert set(drawn([0.0, 0.1, 0.2, 0.1], Sampling(top_k=2, top_p=1.0))) == {2, 1}, "of equals, the first"


def test_top_p_keeps_what_reaches_the_share_and_never_nothing() -> None:
    logits = [float(np.log(share)) for share in (0.5, 0.3, 0.2)]
    assert set(drawn(logits, Sampling(temperature=1.0, top_p=0.6))) == {0, 1}
    assert set(drawn(logits, Sampling(temperature=1.0, top_p=0.01))) == {0}


def test_the_penalty_comes_after_the_limits() -> None:
    """A token that is left stays, however unlikely the penalty makes it; one that was cut does not come back."""
    assert set(drawn([4.0, 3.9, 0.0], Sampling(top_k=2, top_p=1.0, repetition_penalty=1.2), said=(0,))) == {0, 1}
    assert set(drawn([4.0, 3.9], Sampling(top_k=1, repetition_penalty=100.0), said=(0,))) == {0}


def test_the_same_chance_draws_the_same() -> None:
    logits = [0.0] * 50
    assert drawn(logits, Sampling(), times=20) == drawn(logits, Sampling(), times=20)
    assert len(drawn(logits, Sampling(), times=20)) > 10


def test_the_defaults_are_the_releases() -> None:
    assert Sampling() == Sampling(temperature=0.8, top_k=1000, top_p=0.95, repetition_penalty=1.2)
