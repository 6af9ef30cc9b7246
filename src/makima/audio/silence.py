"""Where somebody speaks in a recording, and the recording without the silence around that."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from makima.audio.loudness import window_levels_db
from makima.events import Samples

WINDOW_S: Final = 0.02
KEPT_S: Final = 0.1
"""What stays around speech: cut to the edge, a soft first or last sound would be lost."""

LEAST_DB: Final = -60.0
"""Quieter than this is never speech."""


def speech_windows(samples: Samples, rate_hz: int) -> NDArray[np.bool_]:
    """Which windows of `WINDOW_S` hold speech. The line is drawn between the recording's own quiet and its own loud."""
    levels = window_levels_db(samples, rate_hz, WINDOW_S)
    if not len(levels):
        return np.zeros(0, np.bool_)
    quiet_db, loud_db = np.percentile(levels, (10, 95))
    # Speech reaches far below its loud parts, and never down to the noise.
    line_db = np.clip(quiet_db + 0.3 * (loud_db - quiet_db), loud_db - 40.0, loud_db - 15.0)
    return np.asarray(levels > max(line_db, LEAST_DB))


def trim(samples: Samples, rate_hz: int) -> Samples:
    """The clip without the silence before and after speech, but for `KEPT_S`; nothing at all where nobody speaks."""
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
    """The first `most_s` of the clip, or a little less: up to the last pause in its last fifth, where there is one."""
    limit = round(most_s * rate_hz)
    if len(samples) <= limit:
        return samples
    silent = np.flatnonzero(~speech_windows(samples[:limit], rate_hz))
    late = silent[silent * WINDOW_S > 0.8 * most_s]
    return samples[: (int(late[-1]) + 1) * round(WINDOW_S * rate_hz)] if len(late) else samples[:limit]
