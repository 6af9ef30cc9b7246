"""Loudness as ITU-R BS.1770 has it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from makima.audio.loudness import block_loudness_lufs, k_weighting, loudness_lufs, normalize, window_levels_db
from makima.events import Samples


def tone(seconds: float, rate_hz: int, level: float = 1.0, pitch_hz: float = 997.0) -> Samples:
    return (level * np.sin(2 * np.pi * pitch_hz * np.arange(int(seconds * rate_hz)) / rate_hz)).astype(np.float32)


def test_the_filters_are_those_of_the_standard() -> None:
    (shelf_b, shelf_a), (pass_b, pass_a) = k_weighting(48_000)
    np.testing.assert_allclose(shelf_b, [1.53512485958697, -2.69169618940638, 1.19839281085285], atol=1e-6)
    np.testing.assert_allclose(shelf_a, [1.0, -1.69065929318241, 0.73248077421585], atol=1e-6)
    np.testing.assert_array_equal(pass_b, [1.0, -2.0, 1.0])
    np.testing.assert_allclose(pass_a, [1.0, -1.99004745483398, 0.99007225036621], atol=1e-6)


@pytest.mark.parametrize("rate_hz", [16_000, 24_000, 48_000])
def test_a_tone_of_full_scale(rate_hz: int) -> None:
    """The standard's own example: 997 Hz in one channel is at -3.01 LUFS."""
    assert loudness_lufs(tone(3.0, rate_hz), rate_hz) == pytest.approx(-3.01, abs=0.06)
    assert loudness_lufs(tone(3.0, rate_hz, 0.1), rate_hz) == pytest.approx(-23.01, abs=0.06)


def test_pauses_do_not_count() -> None:
    speech = tone(3.0, 24_000, 0.1)
    with_pause = np.concatenate([speech, np.zeros(10 * 24_000, np.float32), 0.001 * speech, speech])
    assert loudness_lufs(with_pause, 24_000) == pytest.approx(loudness_lufs(speech, 24_000), abs=0.3)


@pytest.mark.parametrize("samples", [np.zeros(0, np.float32), np.zeros(24_000, np.float32)])
def test_nothing_is_as_loud_as_nothing(samples: Samples) -> None:
    assert loudness_lufs(samples, 24_000) == -math.inf
    np.testing.assert_array_equal(normalize(samples, 24_000, -20.0, 0.9), samples)


def test_less_than_a_block_is_one() -> None:
    assert len(block_loudness_lufs(tone(0.1, 24_000), 24_000)) == 1


@pytest.mark.parametrize("level", [0.001, 0.05, 1.0, 3.0])
def test_made_as_loud_as_wanted(level: float) -> None:
    levelled = normalize(tone(2.0, 24_000, level), 24_000, -20.0, 0.9)
    assert loudness_lufs(levelled, 24_000) == pytest.approx(-20.0, abs=0.01)
    assert levelled.dtype == np.float32


def test_the_highest_peak_stays_below_the_limit() -> None:
    clicks = tone(2.0, 24_000, 0.01)
    clicks[12_000] = 0.9
    levelled = normalize(clicks, 24_000, -20.0, 0.9)
    assert np.abs(levelled).max() == pytest.approx(0.9, abs=1e-6)


def test_levels_of_windows() -> None:
    samples = np.concatenate([tone(0.1, 24_000, 0.1), np.zeros(2_400, np.float32)])
    np.testing.assert_allclose(window_levels_db(samples, 24_000, 0.1), [-23.0, -120.0], atol=0.1)
