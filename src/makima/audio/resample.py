"""Sample-rate conversion of a stream, up to its last sample."""

from __future__ import annotations

import numpy as np
import soxr

from makima.events import Samples

MIN_RATE_HZ = 8_000
MAX_RATE_HZ = 48_000


class Resampler:
    """Converts a stream from one rate to another. The output does not depend on how the input is cut into chunks.

    Units: after `flush`, samples out = round(samples in * to_hz / from_hz)
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._stream = (
            None if from_hz == to_hz else soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality="HQ")
        )

    def push(self, samples: Samples) -> Samples:
        """The output that is complete after `samples` [S]; the first calls give less, as the filter looks ahead."""
        if self._stream is None:
            return samples
        return np.asarray(self._stream.resample_chunk(samples), dtype=np.float32)

    def flush(self) -> Samples:
        """The rest of the output. The resampler cannot be used after this."""
        if self._stream is None:
            return np.zeros(0, np.float32)
        return np.asarray(self._stream.resample_chunk(np.zeros(0, np.float32), last=True), dtype=np.float32)
