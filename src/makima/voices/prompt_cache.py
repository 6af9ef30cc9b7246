"""Voice prompts in memory. Evicted are the least recently used, and those not used for `TTL_S`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

from cachetools import TTLCache

T = TypeVar("T")

MAX_BYTES: Final = 64 * 1024 * 1024
"""Enough for a thousand voices of 30 s."""

TTL_S: Final = 3600.0


class PromptCache(Generic[T]):
    """A cache of at most `max_bytes`; an entry expires `ttl_s` after its last use. Callable from any thread."""

    def __init__(
        self, max_bytes: int = MAX_BYTES, ttl_s: float = TTL_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        # Values with their sizes.
        self._kept: TTLCache[Hashable, tuple[T, int], float] = TTLCache(max_bytes, ttl_s, clock, lambda kept: kept[1])
        self._lock = threading.Lock()

    @property
    def size_bytes(self) -> int:
        with self._lock:
            return int(self._kept.currsize)

    def __len__(self) -> int:
        with self._lock:
            return len(self._kept)

    def get(self, key: Hashable) -> T | None:
        """The value of `key`, or None. Counts as a use."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                return None
            self._kept[key] = kept  # the time to live of a `TTLCache` starts again only when an item is set
            return kept[0]

    def put(self, key: Hashable, value: T, size_bytes: int) -> None:
        """Keep `value`, unless it alone is larger than `max_bytes`."""
        with self._lock:
            self._kept.pop(key, None)
            if size_bytes <= self._kept.maxsize:
                self._kept[key] = value, size_bytes

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
