"""Sample-rate conversion of a stream, with nothing lost at its end."""

from __future__ import annotations

import numpy as np
import soxr

from makima.events import Samples

MIN_RATE_HZ = 8_000
MAX_RATE_HZ = 48_000


class Resampler:
    """Converts a stream from one rate to another; chunk sizes in do not change the samples out.

    Units: after `flush`, samples out = round(samples in * to_hz / from_hz)
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._stream = (
            None if from_hz == to_hz else soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality="HQ")
        )

    def push(self, samples: Samples) -> Samples:
        """The samples that are settled after `samples` [S]; fewer at first, as the filter looks ahead."""
        if self._stream is None:
            return samples
        return np.asarray(self._stream.resample_chunk(samples), dtype=np.float32)

    def flush(self) -> Samples:
        """The samples still inside the filter. The resampler is not used after this."""
        if self._stream is None:
            return np.zeros(0, np.float32)
        return np.asarray(self._stream.resample_chunk(np.zeros(0, np.float32), last=True), dtype=np.float32)
