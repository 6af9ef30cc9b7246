"""Sample-rate conversion of a stream."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makima.audio.resample import Resampler
from makima.events import Samples

RATES_HZ = (8_000, 9_999, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000)


def convert(samples: Samples, from_hz: int, to_hz: int, sizes: list[int] | None = None) -> Samples:
    resampler = Resampler(from_hz, to_hz)
    out, start = [], 0
    for size in sizes or []:
        out.append(resampler.push(samples[start : start + size]))
        start += size
    return np.concatenate([*out, resampler.push(samples[start:]), resampler.flush()])


def noise(samples: int) -> Samples:
    return np.random.default_rng(1).uniform(-0.5, 0.5, samples).astype(np.float32)


@given(sizes=st.lists(st.integers(0, 3_000), max_size=12), to_hz=st.sampled_from(RATES_HZ))
@settings(max_examples=60)
def test_any_chunking_equals_one_piece(sizes: list[int], to_hz: int) -> None:
    samples = noise(9_000)
    np.testing.assert_array_equal(convert(samples, 22_050, to_hz, sizes), convert(samples, 22_050, to_hz))


@pytest.mark.parametrize("from_hz", [22_050, 24_000])
@pytest.mark.parametrize("to_hz", RATES_HZ)
@pytest.mark.parametrize("length", [0, 1, 100, 12_345])
def test_the_law_of_lengths(from_hz: int, to_hz: int, length: int) -> None:
    assert abs(len(convert(noise(length), from_hz, to_hz)) - length * to_hz / from_hz) <= 0.5 + 1e-9


@pytest.mark.parametrize("to_hz", RATES_HZ)
def test_nothing_is_lost_at_the_end(to_hz: int) -> None:
    samples = np.zeros(22_050, np.float32)
    samples[-441:] = np.sin(2 * np.pi * 1_000 * np.arange(441) / 22_050)  # a beep in the last 20 ms
    tail = convert(samples, 22_050, to_hz)[-to_hz // 50 :]
    assert np.sqrt(np.mean(tail**2)) == pytest.approx(np.sqrt(0.5), rel=0.05)


@pytest.mark.parametrize("to_hz", RATES_HZ)
def test_a_tone_keeps_its_pitch_and_its_loudness(to_hz: int) -> None:
    tone = (0.5 * np.sin(2 * np.pi * 440 * np.arange(22_050) / 22_050)).astype(np.float32)
    converted = convert(tone, 22_050, to_hz)
    spectrum = np.abs(np.fft.rfft(converted))
    assert np.argmax(spectrum) * to_hz / len(converted) == pytest.approx(440, abs=1.5)
    assert np.abs(converted[to_hz // 10 : -to_hz // 10]).max() == pytest.approx(0.5, abs=0.01)


def test_the_same_rate_is_the_same_audio() -> None:
    samples = noise(1_000)
    np.testing.assert_array_equal(convert(samples, 24_000, 24_000, [7, 100]), samples)
