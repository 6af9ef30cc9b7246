"""PocketSphinx behind the seam: a few worker processes, one utterance each at a time.

English alone, and a model of 2015: it gets two words of five of the embedded voice wrong, more in noise, knows 130,000
words, and writes them in lower case without punctuation. What speaks for it is that it is there.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from importlib.util import find_spec
from typing import TypeVar

import numpy as np

from makima import installation
from makima.errors import AssetError, RecognitionFailed
from makima.events import Loading, OnLoading, Samples
from makima.stt.pocketsphinx.worker_process import WorkerProcess
from makima.stt.protocol import RATE_HZ, Recognition, RecognizerCapabilities

T = TypeVar("T")

MAX_WORKERS = 4
"""Processes at most, each of 110 MB; what is said beyond waits for its turn."""

# The running mean of its features begins at recordings of about this level; a louder or softer beginning costs words.
_LEVEL = 0.035
_MIN_GAIN, _MAX_GAIN = 0.1, 10.0
_LEVEL_SAMPLES = RATE_HZ // 2


class PocketSphinxRecognizer:
    """The embedded recogniser."""

    name = "pocketsphinx"
    capabilities = RecognizerCapabilities(languages=("English",), model="PocketSphinx en-us", embedded=True)

    def __init__(self, workers: int | None = None) -> None:
        self._max_workers = workers or max(1, min(MAX_WORKERS, os.cpu_count() or 1))
        self._changed = threading.Condition()
        self._idle: list[WorkerProcess] = []
        self._workers: set[WorkerProcess] = set()
        self._busy = 0
        self._closed = False

    @property
    def loaded(self) -> bool:
        return bool(self._workers)

    def load(self, on_loading: OnLoading) -> None:
        """Start the first worker.

        Raises: AssetError
        """
        if self.loaded:
            return
        if find_spec("pocketsphinx") is None:
            raise AssetError(
                "pocketsphinx", "It is not installed.", mend=f"Run: {installation.pip('install pocketsphinx')}"
            )
        on_loading(Loading("PocketSphinx", None))
        self._closed = False
        try:
            self.release(self._take())
        except RecognitionFailed as exc:
            raise AssetError("pocketsphinx", f"It does not load: {exc}", mend=installation.run("doctor")) from exc

    def open(self, language: str, after: Recognition | None = None) -> PocketSphinxRecognition:
        """Begin an utterance, once a worker is free. The language is taken to be English.

        Its features are measured against their mean, which is known better after an utterance of the same voice: of
        ten sentences one after the other a quarter fewer words are wrong.

        Raises: RecognitionFailed
        """
        worker = self._take()
        try:
            worker.begin(after.means if isinstance(after, PocketSphinxRecognition) else "")
        except RecognitionFailed:
            self.discard(worker)
            raise
        return PocketSphinxRecognition(self, worker)

    def pids(self) -> list[int]:
        """The processes there are."""
        with self._changed:
            return [worker.pid for worker in self._workers]

    def close(self) -> None:
        """End every worker; utterances in hand fail."""
        with self._changed:
            self._closed = True
            workers = list(self._workers)
            self._workers.clear()
            self._idle.clear()
            self._changed.notify_all()
        for worker in workers:
            worker.kill()

    def _take(self) -> WorkerProcess:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._idle or self._busy < self._max_workers)
            if self._closed:
                raise RecognitionFailed("The recogniser was closed.")
            self._busy += 1
            if self._idle:
                return self._idle.pop()
        try:
            worker = WorkerProcess()
        except RecognitionFailed:
            with self._changed:
                self._busy -= 1
                self._changed.notify()
            raise
        with self._changed:
            self._workers.add(worker)
        return worker

    def release(self, worker: WorkerProcess) -> None:
        """Take back a worker whose utterance is over."""
        with self._changed:
            self._busy -= 1
            if worker in self._workers:
                self._idle.append(worker)
            self._changed.notify()

    def discard(self, worker: WorkerProcess) -> None:
        """End a worker that failed."""
        with self._changed:
            self._busy -= 1
            self._workers.discard(worker)
            self._changed.notify()
        worker.kill()


class PocketSphinxRecognition:
    """One utterance in one worker."""

    def __init__(self, recognizer: PocketSphinxRecognizer, worker: WorkerProcess) -> None:
        self._recognizer = recognizer
        self._worker: WorkerProcess | None = worker
        self._held: list[Samples] | None = []  # until the level is known
        self._gain = 1.0
        self.means = ""

    def feed(self, samples: Samples) -> None:
        if self._held is None:
            self._send(samples)
            return
        self._held.append(samples)
        if sum(map(len, self._held)) >= _LEVEL_SAMPLES:
            self._settle_level()

    def hypothesis(self) -> str:
        if self._held is not None:
            return ""
        return self._ask(lambda worker: worker.hypothesis())

    def finish(self) -> str:
        self._settle_level()
        words, self.means = self._ask(lambda worker: worker.finish())
        if self._worker is not None:
            self._recognizer.release(self._worker)
            self._worker = None
        return words

    def close(self) -> None:
        if self._worker is not None:
            # What it has begun is dropped with the next `begin`.
            self._recognizer.release(self._worker)
            self._worker = None

    def _settle_level(self) -> None:
        if self._held is None:
            return
        held = np.concatenate([np.zeros(0, np.float32), *self._held])
        self._held = None
        level = float(np.sqrt(np.mean(held**2))) if len(held) else 0.0
        self._gain = min(_MAX_GAIN, max(_MIN_GAIN, _LEVEL / level)) if level > 0 else 1.0
        if len(held):
            self._send(held)

    def _send(self, samples: Samples) -> None:
        scaled = (samples * np.float32(self._gain)).astype(np.float32)
        self._ask(lambda worker: worker.feed(scaled))

    def _ask(self, ask: Callable[[WorkerProcess], T]) -> T:
        if self._worker is None:
            raise RecognitionFailed("The utterance is over.")
        try:
            return ask(self._worker)
        except RecognitionFailed:
            worker, self._worker = self._worker, None
            self._recognizer.discard(worker)
            raise
