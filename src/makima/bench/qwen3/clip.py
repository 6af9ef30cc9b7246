"""What voices are cloned from here: a buzz of gliding pitch that swells like syllables. Speed does not ask for more."""

from __future__ import annotations

import numpy as np

from makima.events import Samples

RATE_HZ = 24_000
TRANSCRIPT = "The brown fox is a quick one."


def voice_clip(seconds: float) -> Samples:
    """Shapes: -> [S] float32 at RATE_HZ"""
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    pitch_hz = 150 * (1 + 0.2 * np.sin(2 * np.pi * 0.6 * time_s))
    buzz = 2 * (np.cumsum(pitch_hz) / RATE_HZ % 1) - 1
    clip: Samples = (0.3 * buzz * np.sin(2 * np.pi * 2 * time_s) ** 2).astype(np.float32)
    return clip
