"""Memory for weights: aligned to cache lines, in huge pages where the system has them, in the order it is read.

A step reads hundreds of megabytes once each. With 4 KiB pages every page costs a table walk and ends the hardware's
prefetching.
"""

from __future__ import annotations

import contextlib
import mmap

import numpy as np
from numpy.typing import NDArray

ALIGNMENT_BYTES = 64
HUGE_PAGE_BYTES = 2 << 20
CHUNK_BYTES = 64 << 20


def _chunk(size_bytes: int) -> NDArray[np.uint8]:
    """Zeroed memory that begins at a huge page."""
    region = mmap.mmap(-1, size_bytes + HUGE_PAGE_BYTES)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with contextlib.suppress(OSError):  # a kernel built without huge pages
            region.madvise(mmap.MADV_HUGEPAGE)
    whole = np.frombuffer(region, np.uint8)
    start = -whole.ctypes.data % HUGE_PAGE_BYTES
    return whole[start : start + size_bytes]


class Arena:
    """Hands out pieces of large chunks, one after the other. Pieces keep their chunk alive."""

    def __init__(self, chunk_bytes: int = CHUNK_BYTES) -> None:
        self._chunk_bytes = chunk_bytes
        self._free: NDArray[np.uint8] = np.empty(0, np.uint8)

    def take(self, size_bytes: int) -> NDArray[np.uint8]:
        """`size_bytes` zeroed bytes, aligned to a cache line."""
        rounded = -(-size_bytes // ALIGNMENT_BYTES) * ALIGNMENT_BYTES
        if rounded > self._free.size:
            self._free = _chunk(max(rounded, self._chunk_bytes))
        piece, self._free = self._free[:size_bytes], self._free[rounded:]
        return piece

    def copy(self, array: NDArray[np.generic]) -> NDArray[np.uint8]:
        """The bytes of `array`, in this arena."""
        source = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        piece = self.take(source.size)
        piece[:] = source
        return piece
