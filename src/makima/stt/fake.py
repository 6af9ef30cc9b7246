"""A deterministic recogniser for tests: one word for each quarter of a second of audio, and faults on request."""

from __future__ import annotations

import time
from dataclasses import dataclass

from makima.errors import MakimaError, RecognitionFailed
from makima.events import Loading, OnLoading, Samples
from makima.stt.protocol import RATE_HZ, HeardWord, Recognition, RecognizerCapabilities
from makima.text.language import LANGUAGES

WORD_SAMPLES = RATE_HZ // 4
WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True, slots=True)
class FakeScript:
    """Its behaviour: time to load, time for a hypothesis, whether loading fails, and which utterances fail (from 1)."""

    load_s: float = 0.0
    guess_s: float = 0.0
    load_error: MakimaError | None = None
    failing: frozenset[int] = frozenset()


class FakeRecognizer:
    """Counts from one to ten repeatedly, a word for each quarter of a second."""

    name = "fake"
    capabilities = RecognizerCapabilities(languages=LANGUAGES, model="counting", embedded=False)

    def __init__(self, script: FakeScript | None = None) -> None:
        self._script = script or FakeScript()
        self.loaded = False
        self.opened = 0
        self.open_now = 0

    def load(self, on_loading: OnLoading) -> None:
        on_loading(Loading("counting", 0.5))
        time.sleep(self._script.load_s)
        if self._script.load_error is not None:
            raise self._script.load_error
        self.loaded = True

    def open(self, language: str, after: Recognition | None = None) -> FakeRecognition:
        self.opened += 1
        self.open_now += 1
        return FakeRecognition(self, self._script, fails=self.opened in self._script.failing)

    def close(self) -> None:
        self.loaded = False


class FakeRecognition:
    """One utterance. Only its length counts."""

    words: tuple[HeardWord, ...] = ()

    def __init__(self, recognizer: FakeRecognizer, script: FakeScript, *, fails: bool) -> None:
        self._recognizer = recognizer
        self._script = script
        self._fails = fails
        self._samples = 0
        self._open = True

    def feed(self, samples: Samples) -> None:
        self._samples += len(samples)

    def hypothesis(self) -> str:
        time.sleep(self._script.guess_s)
        words = [WORDS[count % len(WORDS)] for count in range(self._samples // WORD_SAMPLES)]
        return " ".join(words)

    def finish(self) -> str:
        if self._fails:
            raise RecognitionFailed("The fake recogniser was told to fail.")
        return self.hypothesis()

    def close(self) -> None:
        if self._open:
            self._open = False
            self._recognizer.open_now -= 1
