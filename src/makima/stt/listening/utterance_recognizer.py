"""Writes down what is said: one utterance after the other, with its settled words while it is still being spoken."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from makima.errors import RecognitionFailed
from makima.events import Samples
from makima.stt.listening.partials import AgreedPrefix
from makima.stt.listening.utterance_detector import Closed, Opened, Sound, Speech
from makima.stt.protocol import (
    RATE_HZ,
    Diarizer,
    Final,
    ListenEvent,
    Missed,
    Partial,
    Recognition,
    Recognizer,
)
from makima.units import samples_to_ms

GUESS_EVERY_S = 0.48
"""Of new audio, between two guesses at an open utterance. Two agreeing ones settle a word, so twice this after it."""


class Scribe:
    """One session's utterances, recognised in one thread."""

    def __init__(self, recognizer: Recognizer, language: str, diarizer: Diarizer | None = None) -> None:
        self._recognizer = recognizer
        self._language = language
        self._diarizer = diarizer
        self._utterance = 0
        self._recognition: Recognition | None = None
        self._last: Recognition | None = None  # the latest one that came to its end
        self._failure: RecognitionFailed | None = None

    def push(self, sound: Sound, *, behind: bool = False) -> Iterator[ListenEvent]:
        """Take what was heard next; what there is to say of it. `behind`: more waits, so nothing is guessed at."""
        match sound:
            case Opened(at_ms):
                self._begin(at_ms)
            case Speech(samples):
                yield from self._write(samples, behind)
            case Closed(at_ms):
                yield self._last_word(at_ms)

    def close(self) -> None:
        """Give back what an utterance that is open holds."""
        if self._recognition is not None:
            self._recognition.close()
            self._recognition = None

    def _begin(self, at_ms: int) -> None:
        self._utterance += 1
        self._start_ms = at_ms
        self._agreed = AgreedPrefix()
        self._audio: list[Samples] = []
        self._samples = self._guessed_samples = 0
        self._guess_s = 0.0
        self._failure = None
        try:
            self._recognition = self._recognizer.open(self._language, self._last)
        except RecognitionFailed as exc:
            self._failure = exc

    def _write(self, samples: Samples, behind: bool) -> Iterator[Partial]:
        self._samples += len(samples)
        if self._diarizer is not None:
            self._audio.append(samples)
        if self._recognition is None:
            return
        # A guess that takes long is made more rarely: half of the time is left for what is said meanwhile.
        due_s = max(GUESS_EVERY_S, 2 * self._guess_s)
        try:
            self._recognition.feed(samples)
            if behind or self._samples - self._guessed_samples < due_s * RATE_HZ:
                return
            self._guessed_samples = self._samples
            begun_s = time.monotonic()
            settled = self._agreed.push(self._recognition.hypothesis())
            self._guess_s = time.monotonic() - begun_s
        except RecognitionFailed as exc:
            self._failure = exc
            self.close()
            return
        if settled:
            end_ms = self._start_ms + round(samples_to_ms(self._samples, RATE_HZ))
            yield Partial(self._utterance, self._agreed.text, self._start_ms, end_ms)

    def _last_word(self, at_ms: int) -> Final | Missed:
        recognition = self._recognition
        try:
            if recognition is None:
                raise self._failure or RecognitionFailed("The utterance was not recognised.")
            text = recognition.finish()
            self._last = recognition
        except RecognitionFailed as exc:
            return Missed(self._utterance, exc)
        finally:
            self.close()
        speaker = self._diarizer.speaker(np.concatenate(self._audio)) if self._diarizer is not None else None
        return Final(self._utterance, text.strip(), self._start_ms, at_ms, speaker)
