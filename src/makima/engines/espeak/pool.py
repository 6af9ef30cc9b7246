"""Shares a few worker processes out to many utterances, a sentence at a time, in the order of their requests.

A sentence is spoken to its end, however slow its receiver is: receivers ask for the next one only when they have room
for it. A worker that dies or hangs is replaced, and its sentence spoken again, without what was received already.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from makima.engines.buffer import FIRST_TURN, Turn
from makima.engines.espeak.worker_process import Piece, WorkerProcess
from makima.errors import MakimaError, SynthesisFailed

log = logging.getLogger(__name__)

ATTEMPTS = 2
"""How often a sentence is given to a worker: one that fails again may be what workers die of."""


class Receiver(Protocol):
    """Takes the audio of a sentence."""

    @property
    def turn(self) -> Turn:
        """The lowest comes first."""

    def begun(self) -> None:
        """The sentence's turn has come."""

    def audio(self, piece: Piece) -> bool:
        """Take a piece; False to end the sentence."""

    def done(self, error: MakimaError | None) -> None: ...


@dataclass(eq=False, slots=True)
class Sentence:
    """A sentence to be spoken, or being spoken."""

    text: str
    voice: str
    receiver: Receiver
    speed: float = 1.0
    worker: WorkerProcess | None = field(default=None, repr=False)
    received_bytes: int = 0
    is_late: bool = False
    """Whether it belongs to an utterance that is heard already."""


class WorkerPool:
    """Workers, started as they are needed and replaced when they die or do not answer."""

    def __init__(self, start_worker: Callable[[], WorkerProcess], usual_workers: int | None = None) -> None:
        self._start_worker = start_worker
        self._usual = usual_workers or max(2, os.cpu_count() or 2)
        self._changed = threading.Condition()
        self._waiting: deque[Sentence] = deque()
        self._workers: set[WorkerProcess] = set()
        self._late = 0
        self._closed = False

    def start(self) -> int:
        """Start the usual number of workers; their sample rate in Hz. The first one is waited for.

        Raises: SynthesisFailed where it cannot be started.
        """
        first = self._start_worker()
        with self._changed:
            self._launch(first)
            for _ in range(self._usual - 1):
                self._launch(None)
        return first.sample_rate_hz

    def submit(self, sentence: Sentence) -> None:
        """Have `sentence` spoken when its turn comes; its receiver is told of the end."""
        with self._changed:
            self._waiting.append(sentence)
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

    def _launch(self, worker: WorkerProcess | None) -> None:
        if worker is not None:
            self._workers.add(worker)
        threading.Thread(target=self._run, args=(worker,), name="espeak-worker", daemon=True).start()

    def _run(self, worker: WorkerProcess | None) -> None:
        """Serve sentences with one worker at a time, until the pool is closed."""
        if worker is None:
            with contextlib.suppress(SynthesisFailed):  # the first sentence tries again, and tells its receiver
                worker = self._started()
        while (sentence := self._next()) is not None:
            error: MakimaError | None = None
            for attempt in range(ATTEMPTS):
                try:
                    if worker is not None and not worker.usable:  # it died while it waited
                        self._discard(worker)
                        worker = None
                    worker = worker or self._started()
                    error = None
                    self._speak(worker, sentence)
                except SynthesisFailed as exc:
                    error = exc
                    if worker is None or worker.usable:
                        break  # it is the sentence that failed, or no worker can be started
                    log.warning("%s%s", exc, " Another one takes its place." if attempt + 1 < ATTEMPTS else "")
                    self._discard(worker)
                    worker = None
                except Exception as exc:  # of a receiver: it costs its utterance, and not the thread
                    log.exception("the audio of a sentence could not be taken")
                    error = SynthesisFailed(f"The audio could not be taken: {exc}.")
                    self._discard(worker)  # what is left of the answer would be the next sentence's
                    worker = None
                    break
                else:
                    break
            sentence.worker = None
            self._ended(sentence)
            sentence.receiver.done(error)
        self._discard(worker)

    def _speak(self, worker: WorkerProcess, sentence: Sentence) -> None:
        sentence.worker = worker
        sentence.receiver.begun()
        wanted = True
        skipped = sentence.received_bytes
        for piece in worker.speak(sentence.text, sentence.voice, sentence.speed):
            if skipped:  # the same sentence has the same audio each time
                taken = min(skipped, len(piece.pcm16))
                skipped -= taken
                piece = Piece(piece.pcm16[taken:])
            sentence.received_bytes += len(piece.pcm16)
            if wanted and not sentence.receiver.audio(piece):
                wanted = False
                worker.cancel()  # what is still in the pipe is read and dropped, so that its writer never blocks

    def _next(self) -> Sentence | None:
        with self._changed:
            while not self._closed:
                sentence = min(self._waiting, key=lambda each: each.receiver.turn, default=None)
                if sentence is not None:
                    # One worker is left to utterances that are silent until now, where there are several.
                    sentence.is_late = sentence.receiver.turn[0] != FIRST_TURN
                    if not sentence.is_late or self._late < max(1, self._usual - 1):
                        self._waiting.remove(sentence)
                        self._late += sentence.is_late
                        return sentence
                self._changed.wait()
            return None

    def _ended(self, sentence: Sentence) -> None:
        with self._changed:
            self._late -= sentence.is_late
            self._changed.notify_all()

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
