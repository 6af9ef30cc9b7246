"""The features, against their definition written out."""

from __future__ import annotations

import numpy as np

from makima.stt.whisper.features import BINS, FFT_SAMPLES, HOP_SAMPLES, RATE_HZ, log_mel, mel_filters


def test_a_frame_is_the_filtered_spectrum_of_its_window() -> None:
    audio = np.random.default_rng(1).standard_normal(RATE_HZ).astype(np.float32) * np.float32(0.1)
    features = log_mel(audio)
    assert features.shape == (BINS, RATE_HZ // HOP_SAMPLES)
    start = 50 * HOP_SAMPLES - FFT_SAMPLES // 2
    time = np.arange(FFT_SAMPLES)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * time / FFT_SAMPLES)
    waves = np.exp(-2j * np.pi * np.outer(np.arange(FFT_SAMPLES // 2 + 1), time) / FFT_SAMPLES)
    power = np.abs(waves @ (audio[start : start + FFT_SAMPLES] * window)) ** 2
    expected = (np.log10(mel_filters() @ power) + 4) / 4
    np.testing.assert_allclose(features[:, 50], expected, atol=1e-3)


def test_a_tone_is_in_its_own_band() -> None:
    tone = np.sin(2 * np.pi * 1_000 * np.arange(RATE_HZ) / RATE_HZ).astype(np.float32)
    assert {int(bin_) for bin_ in log_mel(tone)[:, 10:-10].argmax(axis=0)} == {int(mel_filters()[:, 25].argmax())}


def test_silence_is_flat_and_the_range_bounded() -> None:
    assert np.ptp(log_mel(np.zeros(RATE_HZ, np.float32))) == 0
    half = np.concatenate([np.ones(8_000), np.zeros(8_000)]).astype(np.float32)
    assert np.ptp(log_mel(half)) <= 2.0
