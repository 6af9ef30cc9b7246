"""Log-mel features of audio, as Whisper was trained on them."""

from __future__ import annotations

import math
from functools import cache
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from makima.events import Samples

RATE_HZ: Final = 16_000
FFT_SAMPLES: Final = 400
HOP_SAMPLES: Final = 160
BINS: Final = 80
FRAMES_PER_S: Final = RATE_HZ // HOP_SAMPLES

_FLOOR: Final = 1e-10
_RANGE: Final = 8.0
"""Powers of ten below the loudest value, at which quieter ones are cut off."""

# Slaney's mel scale: linear up to 1 kHz at 200/3 Hz a mel, then 27 mels for each factor of 6.4.
_HZ_PER_MEL: Final = 200.0 / 3.0
_BREAK_HZ: Final = 1000.0
_BREAK_MEL: Final = _BREAK_HZ / _HZ_PER_MEL
_LOG_STEP: Final = math.log(6.4) / 27.0


@cache
def mel_filters() -> Samples:
    """Triangular filters of equal area up to half of the rate. Shapes: -> [BINS, FFT_SAMPLES / 2 + 1]

    Source: Slaney's Auditory Toolbox, 1998
    """
    top_mel = _BREAK_MEL + math.log(RATE_HZ / 2 / _BREAK_HZ) / _LOG_STEP
    mels = np.linspace(0.0, top_mel, BINS + 2)
    corners = np.where(mels < _BREAK_MEL, mels * _HZ_PER_MEL, _BREAK_HZ * np.exp(_LOG_STEP * (mels - _BREAK_MEL)))
    bands = np.linspace(0.0, RATE_HZ / 2, FFT_SAMPLES // 2 + 1)
    left, centre, right = (corners[i : BINS + i, None] for i in range(3))
    rising, falling = (bands - left) / (centre - left), (right - bands) / (right - centre)
    triangles = np.minimum(rising, falling).clip(min=0)
    return np.asarray(triangles * (2.0 / (right - left)), np.float32)


def log_mel(audio: Samples) -> Samples:
    """Log-mel frames, of zero mean or so.

    Shapes: audio [S] -> [BINS, S // HOP_SAMPLES]; S is at least FFT_SAMPLES
    Source: Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak Supervision", section 2.2
    """
    padded = np.pad(audio, FFT_SAMPLES // 2, mode="reflect")
    frames = sliding_window_view(padded, FFT_SAMPLES)[::HOP_SAMPLES][: len(audio) // HOP_SAMPLES]
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FFT_SAMPLES) / FFT_SAMPLES)).astype(np.float32)
    power = np.abs(np.fft.rfft(frames * window).astype(np.complex64)) ** 2
    logs = np.log10(np.maximum(mel_filters() @ power.T, _FLOOR))
    return np.asarray((np.maximum(logs, logs.max() - _RANGE) + 4.0) / 4.0, np.float32)
