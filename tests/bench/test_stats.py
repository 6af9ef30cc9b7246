"""What is made of measurements, exactly."""

from __future__ import annotations

import numpy as np
import pytest

from makima.bench.stats import audible_from, median, onset_ms, percentiles, play, ratio


def test_percentiles() -> None:
    assert percentiles([float(n) for n in range(101)]) == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert percentiles([7.0]) == {"p50": 7.0, "p95": 7.0, "p99": 7.0}


def test_the_ratio_is_the_median_of_pairs() -> None:
    assert median([3.0, 1.0, 2.0]) == 2.0
    # The machine was ten times as busy in the second round: the ratio does not notice.
    assert ratio([30.0, 300.0, 30.0], [10.0, 100.0, 15.0]) == 3.0
    with pytest.raises(ValueError, match="shorter"):
        ratio([1.0, 2.0], [1.0])


def test_a_player_that_is_always_ahead() -> None:
    playback = play([10.0, 20.0, 30.0], [80.0, 80.0, 80.0])
    assert playback.starts_ms == (10.0, 90.0, 170.0)
    assert (playback.underruns, playback.stalls_ms) == (0, ())


def test_a_chunk_that_comes_late() -> None:
    playback = play([10.0, 150.0, 160.0], [80.0, 80.0, 80.0])
    assert playback.starts_ms == (10.0, 150.0, 230.0)
    assert playback.stalls_ms == (60.0,)


def test_a_buffer_takes_up_what_is_late() -> None:
    arrivals, durations = [0.0, 80.0, 200.0], [80.0, 80.0, 80.0]
    assert play(arrivals, durations).stalls_ms == (40.0,)
    buffered = play(arrivals, durations, buffer_ms=100.0)
    assert buffered.starts_ms == (80.0, 160.0, 240.0)
    assert buffered.underruns == 0


def test_an_utterance_shorter_than_the_buffer_begins_when_all_of_it_is_there() -> None:
    assert play([5.0, 9.0], [20.0, 20.0], buffer_ms=100.0).starts_ms == (9.0, 29.0)


def test_exactly_in_time_is_no_underrun() -> None:
    assert play([0.0, 80.0], [80.0, 80.0]).underruns == 0


def test_nothing_was_heard() -> None:
    assert play([], []).starts_ms == ()
    assert onset_ms([], [], 24_000) is None


def test_the_audible_onset() -> None:
    silence, voice = np.zeros(240, np.float32), np.full(240, 0.2, np.float32)
    assert audible_from(silence) is None
    assert audible_from(np.concatenate([silence, -voice])) == 240
    assert onset_ms([silence, np.concatenate([silence, voice])], [100.0, 110.0], 24_000) == 120.0
    assert onset_ms([silence], [1.0], 24_000) is None
