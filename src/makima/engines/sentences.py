"""An utterance whose text is cut into sentences as it comes, for engines that speak them one by one in a thread."""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Callable

from makima.engines.buffer import StreamBuffer
from makima.engines.protocol import SpeechRequest
from makima.engines.scheduler import Wait
from makima.text.segmenter import Segmenter


class Places:
    """Where sentences stand in a text that is fed in pieces, and cut by a `Segmenter`."""

    def __init__(self) -> None:
        self._uncut = ""
        self._uncut_start = 0

    def feed(self, text: str) -> None:
        """This was added to the text."""
        self._uncut += text

    def place(self, sentence: str) -> int:
        """The place of the next sentence."""
        # Only white space is left out between sentences, so the first match is the sentence itself.
        found = self._uncut.index(sentence)
        start = self._uncut_start + found
        self._uncut = self._uncut[found + len(sentence) :]
        self._uncut_start = start + len(sentence)
        return start


class SentenceStream(StreamBuffer):
    """A `SpeechStream`. The consumer's methods only store their arguments and wake the engine's thread."""

    def __init__(
        self, request: SpeechRequest, sample_rate_hz: int, segmenter: Segmenter, wake: Callable[[], None]
    ) -> None:
        super().__init__(sample_rate_hz)
        self.request = request
        self.wait = Wait(request.on_begun)
        self._wake = wake
        self._lock = threading.Lock()
        self._segmenter = segmenter
        self._places = Places()
        self._text_ended = False

    @abstractmethod
    def _add(self, sentences: list[str]) -> None:
        """Keep sentences for the engine's thread. The lock is held."""

    def feed(self, text: str) -> None:
        with self._lock:
            if not self._text_ended:
                self._places.feed(text)
                self._take(self._segmenter.feed(text))
        self._wake()

    def end_text(self) -> None:
        with self._lock:
            if not self._text_ended:
                self._text_ended = True
                self._take(self._segmenter.flush())
        self._wake()

    def cancel(self) -> None:
        super().cancel()
        self._wake()

    def drained(self) -> None:
        self._wake()

    def _take(self, sentences: list[str]) -> None:
        if sentences:
            self.wait.ready()
            self._add(sentences)
