"""Whisper as a `Recognizer`: all ten languages, with punctuation and times of words; one copy of the weights."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from makima import installation
from makima.errors import AssetError, RecognitionFailed
from makima.events import Loading, OnLoading
from makima.stt.listening.vad import SileroDetector, SpeechDetector
from makima.stt.protocol import Recognition, RecognizerCapabilities
from makima.stt.whisper.recognition import WhisperRecognition
from makima.stt.whisper.requests import RequestQueue, closed
from makima.stt.whisper.worker_process import ANSWER_S, WorkerProcess, program
from makima.text.language import CODES, LANGUAGES

PARTIAL_S = 0.7
"""New audio between two guesses at an open utterance."""
MOST_THREADS = 4
"""Of the helper process. More of them wait for each other more than they calculate."""


class WhisperRecognizer:
    """`find_weights` gives the folder of the model, or raises AssetError naming what is missing."""

    name = "whisper"
    capabilities = RecognizerCapabilities(languages=LANGUAGES, model="whisper-base", hypothesis_every_s=PARTIAL_S)

    def __init__(
        self,
        find_weights: Callable[[], Path],
        *,
        make_detector: Callable[[], SpeechDetector] = SileroDetector,
        answer_s: float = ANSWER_S,
    ) -> None:
        self._find_weights = find_weights
        self._make_detector = make_detector
        self._answer_s = answer_s
        self._loading = threading.Lock()
        self._queue: RequestQueue | None = None
        self._pids: list[int] = []

    @property
    def loaded(self) -> bool:
        return self._queue is not None

    def load(self, on_loading: OnLoading) -> None:
        """Start the helper process, which reads the weights.

        Raises: AssetError
        """
        with self._loading:
            if self._queue is not None:
                return
            if find_spec("ctranslate2") is None:
                raise AssetError("whisper", "It needs ctranslate2.", mend=installation.run_install())
            folder = self._find_weights()
            on_loading(Loading("Whisper", None))
            self._make_detector()  # an utterance cannot say what is missing
            threads = max(1, min(MOST_THREADS, os.cpu_count() or 1))
            started = program(folder, threads, self._answer_s)

            mend = installation.run("models pull whisper")

            def start() -> WorkerProcess:
                try:
                    process = WorkerProcess(started)
                except RecognitionFailed as exc:  # its files may have been damaged since the one before was started
                    raise RecognitionFailed(f"Whisper does not load from {folder}: {exc}", mend=mend) from exc
                self._pids = [process.pid]
                return process

            try:
                self._queue = RequestQueue(start)
            except RecognitionFailed as exc:
                raise AssetError(str(folder), exc.message, mend=mend) from exc

    def open(self, language: str, after: Recognition | None = None) -> WhisperRecognition:
        """Begin an utterance. Which language it is in is found out from its audio, unless one is given."""
        queue = self._queue
        if queue is None:
            raise closed()
        before = after.language if isinstance(after, WhisperRecognition) else None
        return WhisperRecognition(queue, self._make_detector(), CODES.get(language), tuple(CODES.values()), before)

    def pids(self) -> list[int]:
        """The helper process, if there is one."""
        return self._pids if self._queue is not None else []

    def close(self) -> None:
        """End the helper process; utterances that are being recognised fail."""
        with self._loading:
            queue, self._queue = self._queue, None
        if queue is not None:
            queue.close()
