"""Finds speech in a recording by its level, and trims the silence around it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from makima.audio.loudness import window_levels_db
from makima.events import Samples

WINDOW_S: Final = 0.02
KEPT_S: Final = 0.1
"""Silence that is kept around speech, so that a soft first or last sound is not lost."""

LEAST_DB: Final = -60.0
"""Below this level nothing counts as speech."""


def speech_windows(samples: Samples, rate_hz: int) -> NDArray[np.bool_]:
    """Which windows of `WINDOW_S` hold speech. The threshold lies between its quiet and its loud parts."""
    levels = window_levels_db(samples, rate_hz, WINDOW_S)
    if not len(levels):
        return np.zeros(0, np.bool_)
    quiet_db, loud_db = np.percentile(levels, (10, 95))
    # Soft speech is far below the loud parts, but above the noise.
    threshold_db = np.clip(quiet_db + 0.3 * (loud_db - quiet_db), loud_db - 40.0, loud_db - 15.0)
    return np.asarray(levels > max(threshold_db, LEAST_DB))


def trim(samples: Samples, rate_hz: int) -> Samples:
    """The clip without the silence before and after speech, except `KEPT_S`; empty where there is no speech."""
    spoken = np.flatnonzero(speech_windows(samples, rate_hz))
    if not len(spoken):
        return samples[:0]
    window, kept = round(WINDOW_S * rate_hz), round(KEPT_S * rate_hz)
    return samples[max(0, int(spoken[0]) * window - kept) : (int(spoken[-1]) + 1) * window + kept]


def longest_pause_s(samples: Samples, rate_hz: int) -> float:
    """The longest silence between two pieces of speech."""
    spoken = np.flatnonzero(speech_windows(samples, rate_hz))
    return float(np.diff(spoken).max() - 1) * WINDOW_S if len(spoken) > 1 else 0.0


def cut_at_pause(samples: Samples, rate_hz: int, most_s: float) -> Samples:
    """The first `most_s` of the clip, cut at the last pause in the last fifth of that, where there is one."""
    limit = round(most_s * rate_hz)
    if len(samples) <= limit:
        return samples
    silent = np.flatnonzero(~speech_windows(samples[:limit], rate_hz))
    late = silent[silent * WINDOW_S > 0.8 * most_s]
    return samples[: (int(late[-1]) + 1) * round(WINDOW_S * rate_hz)] if len(late) else samples[:limit]
