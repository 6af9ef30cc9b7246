"""The threads that texts are read on: neither an event loop's nor an engine's."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

Task = Callable[[], None]

THREADS = 2
"""So that a text that takes long does not hold others up; the grammars leave the interpreter to others meanwhile."""


class TextThreads:
    """Runs what it is given, soon or at a time; threads start with the first task, and live as long as the process."""

    def __init__(self, count: int = THREADS) -> None:
        self._count = count
        self._changed = threading.Condition()
        self._ready: list[tuple[int, int, Task]] = []
        self._later: list[tuple[float, int, Task]] = []
        self._order = itertools.count()
        self._started = 0

    def run(self, task: Task, rank: int = 0) -> None:
        """Run `task` as soon as a thread is free, and after those of a lower rank."""
        with self._changed:
            heapq.heappush(self._ready, (rank, next(self._order), task))
            self._start()
            self._changed.notify()

    def run_after(self, wait_s: float, task: Task) -> None:
        """Run `task` once `wait_s` have passed."""
        with self._changed:
            heapq.heappush(self._later, (time.monotonic() + wait_s, next(self._order), task))
            self._start()
            self._changed.notify()

    def _start(self) -> None:
        while self._started < self._count:
            self._started += 1
            threading.Thread(target=self._work, name=f"text-{self._started}", daemon=True).start()

    def _work(self) -> None:
        while True:
            try:
                # In no variable: a thread that waits would hold the last task, and all of its utterance with it.
                self._next()()
            except Exception as exc:  # noqa: BLE001 - utterances report their own errors; this prepares for others
                log.warning("A task of the front end has failed: %s.", exc or type(exc).__name__)

    def _next(self) -> Task:
        with self._changed:
            while True:
                now_s = time.monotonic()
                while self._later and self._later[0][0] <= now_s:
                    _, order, task = heapq.heappop(self._later)
                    heapq.heappush(self._ready, (0, order, task))
                if self._ready:
                    if len(self._ready) > 1:
                        self._changed.notify()
                    return heapq.heappop(self._ready)[2]
                self._changed.wait(self._later[0][0] - now_s if self._later else None)


threads = TextThreads()
