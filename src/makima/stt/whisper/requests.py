"""The queue in front of the one helper process: ends of utterances first, guesses last, else in the order of asking.

One process, since it holds the only copy of the weights and a stretch of speech keeps all its threads busy.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

from makima.errors import MakimaError, RecognitionFailed
from makima.events import Samples
from makima.stt.whisper.judgement import Heard, Order

log = logging.getLogger(__name__)


class Rank(IntEnum):
    """What is heard before what."""

    FINAL = 0
    """An utterance is over, and its words are waited for."""
    LIKELY = 1
    """It may be over: there is a pause."""
    GUESS = 2


class Hearing(Protocol):
    """What recognises speech, one stretch at a time; `worker_process.WorkerProcess`."""

    @property
    def usable(self) -> bool: ...

    def hear(self, audio: Samples, order: Order) -> Heard: ...

    def kill(self) -> None: ...


@dataclass(order=True, slots=True)
class _Waiting:
    rank: Rank
    number: int
    audio: Samples = field(compare=False)
    order: Order = field(compare=False)
    answer: Future[Heard] = field(compare=False)


class RequestQueue:
    """Takes requests from any thread and has them answered one after the other.

    `start` starts a process; another one is started where it has failed. Raises: what `start` raises
    """

    def __init__(self, start: Callable[[], Hearing]) -> None:
        self._start = start
        self._process = start()
        self._changed = threading.Condition()
        self._waiting: list[_Waiting] = []
        self._numbers = itertools.count()
        self._closed = False
        threading.Thread(target=self._run, name="stt-whisper", daemon=True).start()

    def ask(self, rank: Rank, audio: Samples, order: Order) -> Future[Heard]:
        """Have `audio` recognised. The answer may be cancelled while it waits."""
        answer: Future[Heard] = Future()
        with self._changed:
            if self._closed:
                answer.set_exception(closed())
                return answer
            heapq.heappush(self._waiting, _Waiting(rank, next(self._numbers), audio, order, answer))
            self._changed.notify()
        return answer

    def close(self) -> None:
        """End the process; what waits fails. Idempotent."""
        with self._changed:
            self._closed = True
            waiting, self._waiting = self._waiting, []
            self._changed.notify()
        for request in waiting:
            if request.answer.set_running_or_notify_cancel():
                request.answer.set_exception(closed())
        self._process.kill()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._waiting)
                if self._closed:
                    return
                request = heapq.heappop(self._waiting)
            if request.answer.set_running_or_notify_cancel():
                self._answer(request)

    def _answer(self, request: _Waiting) -> None:
        try:
            heard = self._heard(request)
        except MakimaError as exc:
            request.answer.set_exception(closed() if self._closed else exc)
        except Exception as exc:  # a bug of ours must not leave a session waiting for good
            log.exception("an answer of Whisper cannot be read")
            request.answer.set_exception(RecognitionFailed(f"Whisper's answer cannot be read: {exc}."))
        else:
            request.answer.set_result(heard)

    def _heard(self, request: _Waiting) -> Heard:
        """The answer of the process, or of another one where it died or hangs meanwhile."""
        process = self._usable()
        try:
            return process.hear(request.audio, request.order)
        except RecognitionFailed as exc:
            if process.usable or self._closed:
                raise
            log.warning("%s Another one takes its place.", exc)
            return self._usable().hear(request.audio, request.order)

    def _usable(self) -> Hearing:
        if not self._process.usable:
            self._process.kill()
            process = self._start()
            with self._changed:
                self._process = process
                if not self._closed:
                    return process
            process.kill()
            raise closed()
        return self._process


def closed() -> RecognitionFailed:
    """The error of what is asked after the end."""
    return RecognitionFailed("The recogniser was closed.")
