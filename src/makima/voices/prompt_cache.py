"""What was worked out of voices, kept in memory: the least recently used goes first, and what nobody used for long."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

T = TypeVar("T")

MAX_BYTES: Final = 64 * 1024 * 1024
"""A thousand voices of 30 s."""

TTL_S: Final = 3600.0


@dataclass(slots=True)
class _Kept(Generic[T]):
    value: T
    size_bytes: int
    used_s: float


class PromptCache(Generic[T]):
    """Values by key, at most `max_bytes` of them, each until `ttl_s` after its last use. Callable from any thread."""

    def __init__(
        self, max_bytes: int = MAX_BYTES, ttl_s: float = TTL_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._max_bytes, self._ttl_s, self._clock = max_bytes, ttl_s, clock
        self._kept: OrderedDict[Hashable, _Kept[T]] = OrderedDict()  # in the order of their last use
        self._lock = threading.Lock()
        self.size_bytes = 0

    def __len__(self) -> int:
        with self._lock:
            self._expire()
            return len(self._kept)

    def get(self, key: Hashable) -> T | None:
        """The value of `key`, which counts as a use, or None."""
        with self._lock:
            self._expire()
            kept = self._kept.get(key)
            if kept is None:
                return None
            kept.used_s = self._clock()
            self._kept.move_to_end(key)
            return kept.value

    def put(self, key: Hashable, value: T, size_bytes: int) -> None:
        """Keep `value`; one that is larger than all there may be is not kept."""
        with self._lock:
            self._expire()
            self._drop(key)
            while self._kept and self.size_bytes + size_bytes > self._max_bytes:
                self._drop(next(iter(self._kept)))
            if size_bytes <= self._max_bytes:
                self._kept[key] = _Kept(value, size_bytes, self._clock())
                self.size_bytes += size_bytes

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self.size_bytes = 0

    def _expire(self) -> None:
        last_s = self._clock() - self._ttl_s
        while self._kept and next(iter(self._kept.values())).used_s < last_s:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Hashable) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self.size_bytes -= kept.size_bytes
