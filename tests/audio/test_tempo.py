"""Speed: how long the sound is, and that its pitch stays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makima.audio.tempo import Tempo, check_speed
from makima.errors import InvalidMessage
from makima.events import Samples

RATE_HZ = 24_000


def _tone(seconds: float) -> Samples:
    return np.sin(2 * np.pi * 220 * np.arange(int(seconds * RATE_HZ)) / RATE_HZ).astype(np.float32) * np.float32(0.3)


def _changed(samples: Samples, speed: float, piece: int) -> Samples:
    tempo = Tempo(RATE_HZ, speed)
    pieces = [tempo.push(samples[at : at + piece]) for at in range(0, len(samples), piece)]
    return np.concatenate([*pieces, tempo.flush()])


@pytest.mark.parametrize("speed", [0.25, 0.5, 0.8, 1.25, 2.0, 3.0, 4.0])
def test_length_follows_the_speed_and_the_pitch_stays(speed: float) -> None:
    heard = _changed(_tone(2.0), speed, 1_000)
    assert len(heard) / RATE_HZ == pytest.approx(2.0 / speed, abs=0.1)
    assert np.argmax(np.abs(np.fft.rfft(heard))) / len(heard) * RATE_HZ == pytest.approx(220, rel=0.03)


@settings(max_examples=20, deadline=None)
@given(piece=st.integers(64, 9_000), speed=st.sampled_from((0.7, 1.5, 2.5)))
def test_pieces_do_not_matter(piece: int, speed: float) -> None:
    """To within a window of the filter, and without a gap where two pieces meet."""
    samples = _tone(0.5)
    heard, whole = _changed(samples, speed, piece), _changed(samples, speed, len(samples))
    assert abs(len(heard) - len(whole)) < RATE_HZ // 20
    windows = heard[: len(heard) // 480 * 480].reshape(-1, 480)[1:-3]
    assert np.sqrt(np.mean(windows**2, axis=1)).min() > 0.1


def test_the_usual_speed_changes_nothing() -> None:
    samples = _tone(0.1)
    assert np.array_equal(_changed(samples, 1.0, 100), samples)


def test_no_audio_is_no_error() -> None:
    assert not len(Tempo(RATE_HZ, 2.0).flush())


@pytest.mark.parametrize("speed", [0.2, 4.1, -1.0, float("nan")])
def test_a_speed_out_of_range_is_refused(speed: float) -> None:
    with pytest.raises(InvalidMessage, match=r"0\.25 to 4"):
        check_speed(speed)
