"""PocketSphinx as a `Recognizer`: a few helper processes, one utterance at a time in each.

English only, and a model of 2015: it gets two words of five of the embedded voice wrong, more in noise, knows 130,000
words, and writes them in lower case without punctuation. It is there because nothing has to be downloaded for it.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from importlib.util import find_spec
from typing import TypeVar

import numpy as np

from makima import installation
from makima.errors import AssetError, RecognitionFailed
from makima.events import Loading, OnLoading, Samples
from makima.native_process import ProcessPool
from makima.stt.pocketsphinx.worker_process import ANSWER_S, WorkerProcess, program
from makima.stt.protocol import RATE_HZ, HeardWord, Recognition, RecognizerCapabilities

log = logging.getLogger(__name__)

T = TypeVar("T")

MAX_WORKERS = 4
"""The most processes, each of 110 MB; further utterances wait for one."""

# The running mean of the features starts from a value that fits recordings of about this level. Audio that is louder or
# softer is scaled to it; without that the first words are wrong.
_LEVEL = 0.035
_MIN_GAIN, _MAX_GAIN = 0.1, 10.0
_LEVEL_SAMPLES = RATE_HZ // 2


class PocketSphinxRecognizer:
    """The recogniser that comes with the package."""

    name = "pocketsphinx"
    capabilities = RecognizerCapabilities(languages=("English",), model="PocketSphinx en-us", embedded=True)

    def __init__(self, workers: int | None = None, answer_s: float = ANSWER_S) -> None:
        """`workers` is the most processes at a time, `answer_s` how long one may take for the words."""
        self._limit = workers or max(1, min(MAX_WORKERS, os.cpu_count() or 1))
        self._program = program(answer_s)
        self._loading = threading.Lock()
        self._pool: ProcessPool[WorkerProcess] | None = None

    @property
    def loaded(self) -> bool:
        return self._pool is not None

    def load(self, on_loading: OnLoading) -> None:
        """Start the first worker.

        Raises: AssetError
        """
        if find_spec("pocketsphinx") is None:
            raise AssetError(
                "pocketsphinx", "It is not installed.", mend=f"Run: {installation.pip('install pocketsphinx')}"
            )
        with self._loading:
            if self._pool is not None:
                return
            on_loading(Loading("PocketSphinx", None))
            pool = ProcessPool(lambda: WorkerProcess(self._program), self._limit, _closed)
            try:
                pool.release(pool.take())
            except RecognitionFailed as exc:
                raise AssetError("pocketsphinx", f"It does not load: {exc}", mend=installation.run("doctor")) from exc
            self._pool = pool

    def open(self, language: str, after: Recognition | None = None) -> PocketSphinxRecognition:
        """Begin an utterance, once a worker is free. The language is taken to be English.

        Its features are measured against their mean, which is known better after an utterance of the same voice: of
        ten sentences one after the other a quarter fewer words are wrong.

        Raises: RecognitionFailed
        """
        pool = self._pool
        if pool is None:
            raise _closed()
        return PocketSphinxRecognition(pool, after.means if isinstance(after, PocketSphinxRecognition) else "")

    def pids(self) -> list[int]:
        """The processes there are."""
        return self._pool.pids() if self._pool is not None else []

    def close(self) -> None:
        """End every worker; utterances that are being recognised fail."""
        with self._loading:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()


def _closed() -> RecognitionFailed:
    return RecognitionFailed("The recogniser was closed.")


class PocketSphinxRecognition:
    """One utterance in one worker, or in another from the beginning where that one dies or hangs.

    Raises: RecognitionFailed where no worker can be started
    """

    words: tuple[HeardWord, ...] = ()

    def __init__(self, pool: ProcessPool[WorkerProcess], means: str) -> None:
        self._pool = pool
        self._means_before = means
        self._sent: list[Samples] = []
        self._worker: WorkerProcess | None = pool.take()
        try:
            self._ask(lambda worker: worker.begin(means))
        except BaseException:
            self.close()
            raise
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
        self.close()
        return words

    def close(self) -> None:
        if self._worker is not None:
            # An utterance that is open in it is dropped with the next `begin`.
            worker, self._worker = self._worker, None
            self._pool.release(worker)

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
        self._sent.append(scaled)

    def _ask(self, ask: Callable[[WorkerProcess], T]) -> T:
        if self._worker is None:
            raise RecognitionFailed("The utterance is over.")
        try:
            return ask(self._worker)
        except RecognitionFailed as exc:
            if self._worker.usable:
                self.close()
                raise
            log.warning("%s Another one takes its place.", exc)
            self.close()
        worker = self._worker = self._pool.take()
        try:
            worker.begin(self._means_before)
            for samples in self._sent:
                worker.feed(samples)
            return ask(worker)
        except RecognitionFailed:
            self.close()
            raise
