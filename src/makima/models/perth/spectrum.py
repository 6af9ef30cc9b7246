"""What the network sees of a sound: short spectra, their levels in decibels scaled to about 0 to 1.

Source of all figures: `hparams.yaml` beside the weights.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from makima.events import Samples

RATE_HZ: Final = 32_000
WINDOW_SAMPLES: Final = 2_048
HOP_SAMPLES: Final = 320
FRAMES_PER_S: Final = RATE_HZ // HOP_SAMPLES
FLOOR: Final = 1e-9
_FLOOR_DB: Final = -180.0
_SPAN_DB: Final = 195.0

WINDOW: Final[Samples] = np.hanning(WINDOW_SAMPLES + 1)[:-1].astype(np.float32)

SOUND: Final = 0.05
"""A frame whose levels add up to less than this share of the loudest frame's is silence, which holds no mark."""


def spectra(samples: Samples, frames: int) -> NDArray[np.complex64]:
    """The spectra of `frames` frames, a hop apart, from the first sample on. Shapes: samples [S] -> [T, F]"""
    windows = np.lib.stride_tricks.sliding_window_view(samples, WINDOW_SAMPLES)[: frames * HOP_SAMPLES : HOP_SAMPLES]
    return np.fft.rfft(windows * WINDOW).astype(np.complex64)


def levels(magnitudes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Magnitudes as the network takes them."""
    return ((20 * np.log10(np.maximum(magnitudes, FLOOR)) - _FLOOR_DB) / _SPAN_DB).astype(np.float32)


def magnitudes(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """The way back from `levels`."""
    return np.asarray(10 ** ((levels * np.float32(_SPAN_DB) + np.float32(_FLOOR_DB)) / 20), np.float32)
