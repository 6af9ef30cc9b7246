"""Shares a few helper processes out, one request at a time each, and replaces those that failed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from makima.errors import EngineError
from makima.native_process.process import NativeProcess

log = logging.getLogger(__name__)

P = TypeVar("P", bound=NativeProcess)
R = TypeVar("R")


class ProcessPool(Generic[P]):
    """Up to `limit` processes, started as they are needed. From any thread.

    `closed` makes the error that `take` raises once the pool has been closed.
    """

    def __init__(self, start: Callable[[], P], limit: int, closed: Callable[[], EngineError]) -> None:
        self._start = start
        self._limit = limit
        self._closed_error = closed
        self._changed = threading.Condition()
        self._idle: list[P] = []
        self._processes: set[P] = set()
        self._taken = 0
        self._closed = False

    def take(self) -> P:
        """A process that can take a request; waits while `limit` are taken. Goes back by `release`.

        Raises: what starting a process raises; `closed` once the pool is closed
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._taken < self._limit)
            self._check_open()
            self._taken += 1
        try:
            return self._idle_process() or self._new_process()
        except BaseException:
            self._give_back(None)
            raise

    def release(self, process: P) -> None:
        """Give a process back. One that failed in the meantime is ended; the next request gets another."""
        usable = process.usable
        if not usable:
            self._end(process)
        self._give_back(process if usable else None)

    @contextmanager
    def taken(self) -> Iterator[P]:
        """`take` and `release` around a block."""
        process = self.take()
        try:
            yield process
        finally:
            self.release(process)

    def ask(self, request: Callable[[P], R]) -> R:
        """The answer of a process to a request that depends on none before it; of another where the first one fails.

        Raises: what `request` raises where the process has not failed, or the second one has too
        """
        with self.taken() as process:
            try:
                return request(process)
            except EngineError as exc:
                if process.usable:
                    raise
                log.warning("%s Another one takes its place.", exc)
        with self.taken() as process:
            return request(process)

    def pids(self) -> list[int]:
        """The processes there are."""
        with self._changed:
            return [process.pid for process in self._processes]

    def close(self) -> None:
        """End every process; requests that are under way fail, and so do those that wait. Idempotent."""
        with self._changed:
            self._closed = True
            processes = list(self._processes)
            self._processes.clear()
            self._idle.clear()
            self._changed.notify_all()
        for process in processes:
            process.kill()

    def _check_open(self) -> None:
        if self._closed:
            raise self._closed_error()

    def _idle_process(self) -> P | None:
        while True:
            with self._changed:
                if not self._idle:
                    return None
                process = self._idle.pop()
            if process.usable:
                return process
            self._end(process)  # it died while there was nothing to do

    def _new_process(self) -> P:
        process = self._start()
        with self._changed:
            if not self._closed:
                self._processes.add(process)
                return process
        process.kill()
        raise self._closed_error()

    def _end(self, process: P) -> None:
        with self._changed:
            self._processes.discard(process)
        process.kill()

    def _give_back(self, process: P | None) -> None:
        with self._changed:
            self._taken -= 1
            if process in self._processes:
                assert process is not None
                self._idle.append(process)
            self._changed.notify()
