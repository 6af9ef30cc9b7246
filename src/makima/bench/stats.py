"""Statistics of measurements: percentiles, ratios, and the playback of chunks that arrive at given times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from makima.events import Samples

AUDIBLE = 0.01
"""The amplitude from which a sample counts as audible: -40 dB of full scale."""


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Median, 95th and 99th percentile of `values`."""
    p50, p95, p99 = np.percentile(np.asarray(values), (50, 95, 99))
    return {"p50": float(p50), "p95": float(p95), "p99": float(p99)}


def median(values: Sequence[float]) -> float:
    """The median of `values`."""
    return float(np.median(np.asarray(values)))


def ratio(slow: Sequence[float], fast: Sequence[float]) -> float:
    """How many times longer `slow` takes: the median of the ratios, round by round.

    Both of a pair are measured in one round, so that other load on the machine affects both.
    """
    return median([a / b for a, b in zip(slow, fast, strict=True)])


@dataclass(frozen=True, slots=True)
class Playback:
    """The playback of an utterance. `stalls_ms` are the gaps in it, while the next chunk had not arrived."""

    starts_ms: tuple[float, ...]
    stalls_ms: tuple[float, ...]

    @property
    def underruns(self) -> int:
        return len(self.stalls_ms)


def play(arrivals_ms: Sequence[float], durations_ms: Sequence[float], buffer_ms: float = 0.0) -> Playback:
    """Simulate a player that starts once `buffer_ms` of audio, or all of it, has arrived.

    After an underrun it continues with the next chunk at once.
    """
    if not arrivals_ms:
        return Playback((), ())
    held = np.cumsum(np.asarray(durations_ms))
    enough = int(np.searchsorted(held, buffer_ms))
    clock_ms = arrivals_ms[min(enough, len(arrivals_ms) - 1)]
    starts, stalls = [], []
    for arrival_ms, duration_ms in zip(arrivals_ms, durations_ms, strict=True):
        if arrival_ms > clock_ms:
            stalls.append(arrival_ms - clock_ms)
            clock_ms = arrival_ms
        starts.append(clock_ms)
        clock_ms += duration_ms
    return Playback(tuple(starts), tuple(stalls))


def audible_from(samples: Samples) -> int | None:
    """The index of the first audible sample, or None where all is silence. Shapes: samples [S]"""
    loud = np.flatnonzero(np.abs(samples) >= AUDIBLE)
    return int(loud[0]) if len(loud) else None


def onset_ms(chunks: Sequence[Samples], starts_ms: Sequence[float], rate_hz: int) -> float | None:
    """When the first audible sample is played, or None where all is silence. Shapes: each chunk [S]"""
    for samples, start_ms in zip(chunks, starts_ms, strict=True):
        if (first := audible_from(samples)) is not None:
            return start_ms + 1000 * first / rate_hz
    return None
