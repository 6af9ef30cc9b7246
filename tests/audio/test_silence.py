"""Where speech begins and ends."""

from __future__ import annotations

import numpy as np
import pytest

from makima.audio.silence import KEPT_S, cut_at_pause, longest_pause_s, speech_windows, trim
from makima.events import Samples
from tests.support.recordings import RATE_HZ, silence, speech


def noisy(samples: Samples, level: float) -> Samples:
    return (samples + level * np.random.default_rng(2).standard_normal(len(samples))).astype(np.float32)


@pytest.mark.parametrize("noise", [0.0, 0.001, 0.01])
def test_the_silence_around_speech_goes(noise: float) -> None:
    whole = noisy(np.concatenate([silence(2.0), speech(4.0), silence(3.0)]), noise)
    trimmed_s = len(trim(whole, RATE_HZ)) / RATE_HZ
    assert 3.6 < trimmed_s < 4.0 + 2 * KEPT_S + 0.05


def test_what_is_speech_from_end_to_end_stays() -> None:
    tone = 0.3 * np.sin(np.arange(3 * RATE_HZ) * 0.05).astype(np.float32)
    assert len(trim(tone, RATE_HZ)) == len(tone)


def test_nobody_speaks() -> None:
    assert len(trim(silence(2.0), RATE_HZ)) == 0
    assert len(trim(silence(0.0), RATE_HZ)) == 0
    assert not speech_windows(noisy(silence(1.0), 0.0001), RATE_HZ).any()


def test_pauses() -> None:
    whole = np.concatenate([speech(2.0), silence(1.5), speech(2.0)])
    assert 1.4 < longest_pause_s(whole, RATE_HZ) < 1.9
    assert longest_pause_s(speech(2.0), RATE_HZ) < 0.4
    assert longest_pause_s(silence(2.0), RATE_HZ) == 0.0


def test_a_cut_falls_into_a_pause() -> None:
    whole = np.concatenate([speech(8.0), silence(0.5), speech(8.0)])
    kept = cut_at_pause(whole, RATE_HZ, 10.0)
    assert 8.0 < len(kept) / RATE_HZ <= 10.0
    assert not speech_windows(kept, RATE_HZ)[-1]
    assert len(cut_at_pause(whole, RATE_HZ, 20.0)) == len(whole)
    tone = 0.3 * np.sin(np.arange(3 * RATE_HZ) * 0.05).astype(np.float32)
    assert len(cut_at_pause(tone, RATE_HZ, 2.0)) == 2 * RATE_HZ
