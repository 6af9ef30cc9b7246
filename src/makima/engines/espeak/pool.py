"""Shares a few worker processes out to many utterances, a sentence at a time, in the order of their requests.

A worker whose receiver is slow waits inside its sentence. It then no longer counts as running, so that another may be
started in its place: a slow receiver delays only its own utterance.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from makima.engines.espeak.worker_process import Piece, WorkerProcess
from makima.errors import MakimaError, SynthesisFailed

MAX_WORKERS = 64
"""The most processes: with that many utterances held up in mid-sentence, further ones have to wait."""

IDLE_S = 30.0
"""How long a worker beyond the usual number is kept without work."""


class Receiver(Protocol):
    """Takes the audio of a sentence."""

    @property
    def stalled(self) -> bool: ...

    def audio(self, piece: Piece) -> bool:
        """Take a piece; False to end the sentence."""

    def wait_for_room(self) -> bool: ...

    def done(self, error: MakimaError | None) -> None: ...


@dataclass(eq=False, slots=True)
class Sentence:
    """A sentence to be spoken, or being spoken."""

    text: str
    voice: str
    receiver: Receiver
    speed: float = 1.0
    worker: WorkerProcess | None = field(default=None, repr=False)


class WorkerPool:
    """Workers, started as they are needed and replaced when they die or do not answer."""

    def __init__(self, start_worker: Callable[[], WorkerProcess], usual_workers: int | None = None) -> None:
        self._start_worker = start_worker
        self._usual = usual_workers or max(2, os.cpu_count() or 2)
        self._changed = threading.Condition()
        self._waiting: deque[Sentence] = deque()
        self._workers: set[WorkerProcess] = set()
        self._threads = 0
        self._idle = 0
        self._stalled = 0
        self._closed = False

    def start(self) -> int:
        """Start the usual number of workers; their sample rate in Hz. The first one is waited for.

        Raises: SynthesisFailed where it cannot be started.
        """
        first = self._start_worker()
        with self._changed:
            self._launch(first)
            while self._threads < self._usual:
                self._launch(None)
        return first.sample_rate_hz

    def submit(self, sentence: Sentence) -> None:
        """Have `sentence` spoken when its turn comes; its receiver is told of the end."""
        with self._changed:
            self._waiting.append(sentence)
            self._grow()
            self._changed.notify()

    def cancel(self, sentence: Sentence) -> None:
        """Take `sentence` out of the queue, or end it in the middle."""
        with self._changed:
            if sentence in self._waiting:
                self._waiting.remove(sentence)
            elif sentence.worker is not None:
                # Under the lock, as a worker takes its next sentence under it too, and must not be hit while in that.
                sentence.worker.cancel()

    def pids(self) -> list[int]:
        """The processes there are."""
        with self._changed:
            return [worker.pid for worker in self._workers]

    def close(self) -> None:
        """End every worker; sentences that are being spoken, or wait, end as failed."""
        with self._changed:
            self._closed = True
            workers, waiting = list(self._workers), list(self._waiting)
            self._waiting.clear()
            self._changed.notify_all()
        for worker in workers:
            worker.kill()
        for sentence in waiting:
            sentence.receiver.done(SynthesisFailed("The engine was closed."))

    def _grow(self) -> None:
        running = self._threads - self._idle - self._stalled
        if len(self._waiting) > self._idle and running < self._usual and self._threads < MAX_WORKERS:
            self._launch(None)

    def _launch(self, worker: WorkerProcess | None) -> None:
        self._threads += 1
        if worker is not None:
            self._workers.add(worker)
        threading.Thread(target=self._run, args=(worker,), name="espeak-worker", daemon=True).start()

    def _run(self, worker: WorkerProcess | None) -> None:
        """Serve sentences with one worker at a time, until there is nothing more to do."""
        if worker is None:
            with contextlib.suppress(SynthesisFailed):  # the first sentence tries again, and tells its receiver
                worker = self._started()
        while (sentence := self._next()) is not None:
            error: MakimaError | None = None
            try:
                if worker is not None and not worker.usable:  # it died while it waited
                    self._discard(worker)
                    worker = None
                worker = worker or self._started()
                self._speak(worker, sentence)
            except SynthesisFailed as exc:
                error = exc
                if worker is not None and not worker.usable:
                    self._discard(worker)
                    worker = None
            sentence.worker = None
            sentence.receiver.done(error)
        self._discard(worker)

    def _speak(self, worker: WorkerProcess, sentence: Sentence) -> None:
        sentence.worker = worker
        wanted = True
        for piece in worker.speak(sentence.text, sentence.voice, sentence.speed):
            if wanted and not sentence.receiver.audio(piece):
                wanted = False
                worker.cancel()  # what is still in the pipe is read and dropped, so that its writer never blocks
            if wanted and sentence.receiver.stalled:
                self._wait_for_receiver(sentence.receiver)

    def _wait_for_receiver(self, receiver: Receiver) -> None:
        with self._changed:
            self._stalled += 1
            self._grow()
        receiver.wait_for_room()
        with self._changed:
            self._stalled -= 1

    def _next(self) -> Sentence | None:
        with self._changed:
            self._idle += 1
            while not self._waiting and not self._closed:
                extra = self._threads - self._stalled > self._usual
                if not self._changed.wait(IDLE_S if extra else None) and extra and not self._waiting:
                    break
            self._idle -= 1
            if self._closed or not self._waiting:
                self._threads -= 1
                return None
            return self._waiting.popleft()

    def _started(self) -> WorkerProcess:
        worker = self._start_worker()
        with self._changed:
            if not self._closed:
                self._workers.add(worker)
                return worker
        worker.kill()
        raise SynthesisFailed("The engine was closed.")

    def _discard(self, worker: WorkerProcess | None) -> None:
        if worker is not None:
            with self._changed:
                self._workers.discard(worker)
            worker.kill()
