"""Recognises the utterances of a session one after the other, with partial results while one is being spoken."""

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
    HeardWord,
    ListenEvent,
    Missed,
    Partial,
    Recognition,
    Recognizer,
)
from makima.units import samples_to_ms


class UtteranceRecognizer:
    """Recognises the utterances of one session, in one thread."""

    def __init__(self, recognizer: Recognizer, language: str, diarizer: Diarizer | None = None) -> None:
        self._recognizer = recognizer
        self._language = language
        self._diarizer = diarizer
        self._utterance = 0
        self._recognition: Recognition | None = None
        self._last: Recognition | None = None  # the latest one that was finished
        self._failure: RecognitionFailed | None = None

    def push(self, sound: Sound, *, behind: bool = False) -> Iterator[ListenEvent]:
        """Take the next output of the detector; yields events. No partial results while more waits (`behind`)."""
        match sound:
            case Opened(at_ms, audio_ms):
                self._begin(at_ms, audio_ms)
            case Speech(samples):
                yield from self._feed(samples, behind)
            case Closed(at_ms):
                yield self._finish(at_ms)

    def close(self) -> None:
        """Free what an open utterance holds."""
        if self._recognition is not None:
            self._recognition.close()
            self._recognition = None

    def _begin(self, at_ms: int, audio_ms: int) -> None:
        self._utterance += 1
        self._start_ms, self._audio_ms = at_ms, audio_ms
        self._agreed = AgreedPrefix()
        self._audio: list[Samples] = []
        self._samples = self._hypothesis_samples = 0
        self._hypothesis_s = 0.0
        self._failure = None
        try:
            self._recognition = self._recognizer.open(self._language, self._last)
        except RecognitionFailed as exc:
            self._failure = exc

    def _feed(self, samples: Samples, behind: bool) -> Iterator[Partial]:
        self._samples += len(samples)
        if self._diarizer is not None:
            self._audio.append(samples)
        if self._recognition is None:
            return
        # A slow recogniser is asked less often, so that at most half of the time goes into hypotheses.
        due_s = max(self._recognizer.capabilities.hypothesis_every_s, 2 * self._hypothesis_s)
        try:
            self._recognition.feed(samples)
            if behind or self._samples - self._hypothesis_samples < due_s * RATE_HZ:
                return
            self._hypothesis_samples = self._samples
            begun_s = time.monotonic()
            settled = self._agreed.push(self._recognition.hypothesis())
            self._hypothesis_s = time.monotonic() - begun_s
        except RecognitionFailed as exc:
            self._failure = exc
            self.close()
            return
        if settled:
            end_ms = self._start_ms + round(samples_to_ms(self._samples, RATE_HZ))
            yield Partial(self._utterance, self._agreed.text, self._start_ms, end_ms)

    def _finish(self, at_ms: int) -> Final | Missed:
        recognition = self._recognition
        try:
            if recognition is None:
                raise self._failure or RecognitionFailed("The utterance was not recognised.")
            text = recognition.finish()
            words = tuple(moved(word, self._audio_ms) for word in recognition.words)
            self._last = recognition
        except RecognitionFailed as exc:
            return Missed(self._utterance, exc)
        finally:
            self.close()
        speaker = self._diarizer.speaker(np.concatenate(self._audio)) if self._diarizer is not None else None
        return Final(self._utterance, text.strip(), self._start_ms, at_ms, speaker, words)


def moved(word: HeardWord, by_ms: int) -> HeardWord:
    """`word`, so much later."""
    return HeardWord(word.text, word.start_ms + by_ms, word.end_ms + by_ms)
