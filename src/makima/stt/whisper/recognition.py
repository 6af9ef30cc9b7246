"""One utterance that is recognised by Whisper."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future

import numpy as np

from makima.errors import RecognitionFailed
from makima.events import Samples
from makima.stt.listening.endpoint import WINDOW_MS, WINDOW_SAMPLES
from makima.stt.listening.vad import SpeechDetector
from makima.stt.protocol import HeardWord
from makima.stt.whisper.activity import AFTER_WINDOWS, Activity, Span
from makima.stt.whisper.judgement import Heard, Order, credible, without_sound_names
from makima.stt.whisper.requests import Rank, RequestQueue
from makima.stt.whisper.vocabulary import UNSPACED

LIVE = 0.7
"""Audio that comes at this share of real time or slower is being spoken. A pause in it may be the end of what is said;
in a recording, what follows a pause is there already."""


class WhisperRecognition:
    """An utterance: stretches of it that are done, and the audio of the one that is open.

    `language` is an ISO code, or None to find it out, where `before` is what the session spoke last.
    """

    def __init__(
        self,
        queue: RequestQueue,
        speech_in: SpeechDetector,
        language: str | None,
        languages: tuple[str, ...],
        before: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._queue: RequestQueue | None = queue
        self._speech_in = speech_in
        self._language = language
        self._languages = languages
        self._before = before
        self.language = language or before
        """After `finish`, the language of the utterance."""
        self.words: tuple[HeardWord, ...] = ()
        self._clock = clock
        self._begun_s = clock()
        self._activity = Activity()
        self._rest: Samples = np.zeros(0, np.float32)  # less than a window
        self._audio: list[Samples] = []  # windows
        self._dropped = 0  # windows before those
        self._done: list[tuple[Span, Future[Heard]]] = []
        self._ending: tuple[Span, Future[Heard]] | None = None  # the open stretch, if it ends here

    def feed(self, samples: Samples) -> None:
        self._check_open()
        audio = np.concatenate([self._rest, samples])
        whole = len(audio) - len(audio) % WINDOW_SAMPLES
        self._rest = audio[whole:].copy()
        for start in range(0, whole, WINDOW_SAMPLES):
            window = audio[start : start + WINDOW_SAMPLES].copy()
            self._audio.append(window)
            cut = self._activity.push(self._speech_in(window))
            if cut is not None:
                self._done.append((cut, self._ask(Rank.LIKELY, cut)))
        self._forget(self._activity.start)
        self._expect_end()

    def hypothesis(self) -> str:
        self._check_open()
        span = self._activity.span()
        heard = [self._credible(*done) for done in self._done]
        if span is not None:
            now = Span(span.start, self._activity.windows, span.speech, span.peak)
            ending = self._ending
            known = ending is not None and ending[0] == span
            answer = ending[1] if ending is not None and known else self._ask(Rank.GUESS, now, final=False)
            heard.append(self._credible(span, answer))
        return _joined(heard)

    def finish(self) -> str:
        self._check_open()
        span = self._activity.span()
        done = list(self._done)
        if span is not None:
            if self._ending is None or self._ending[0] != span or self._ending[1].cancel():
                self._ending = (span, self._ask(Rank.FINAL, span))
            done.append(self._ending)
        heard = [self._credible(*each) for each in done]
        self.words = tuple(
            HeardWord(word.text, word.start_ms + span.start * WINDOW_MS, word.end_ms + span.start * WINDOW_MS)
            for (span, _), found in zip(done, heard, strict=True)
            if found is not None
            for word in found.words
        )
        self.language = next((found.language for found in reversed(heard) if found is not None), self.language)
        return _joined(heard)

    def close(self) -> None:
        self._queue = None
        for _, answer in [*self._done, *([self._ending] if self._ending else [])]:
            answer.cancel()
        self._audio.clear()

    def _expect_end(self) -> None:
        """In a pause, have the stretch recognised as if it ended here: the end of an utterance is known only later."""
        ending, span = self._ending, None
        if self._activity.silent_windows >= AFTER_WINDOWS:
            span = self._activity.span()
        if ending is not None and ending[0] == span:
            return
        if ending is not None:
            ending[1].cancel()  # more was said
            self._ending = None
        if span is not None and self._live():
            self._ending = (span, self._ask(Rank.LIKELY, span))

    def _live(self) -> bool:
        return self._clock() - self._begun_s >= LIVE * self._activity.windows * WINDOW_MS / 1000 - 0.5

    def _ask(self, rank: Rank, span: Span, *, final: bool = True) -> Future[Heard]:
        assert self._queue is not None
        audio = np.concatenate(self._audio[span.start - self._dropped : span.end - self._dropped])
        order = Order(self._language, self._languages, self._before, final)
        return self._queue.ask(rank, audio, order)

    def _credible(self, span: Span, answer: Future[Heard]) -> Heard | None:
        """What was heard in `span`, if it is to be believed."""
        try:
            heard = answer.result()
        except CancelledError as exc:
            raise RecognitionFailed("The utterance was given up.") from exc
        if not credible(heard, span.speech * WINDOW_MS, span.peak):
            return None
        return heard

    def _forget(self, window: int) -> None:
        """Drop the audio before `window`, which is done or silent."""
        del self._audio[: max(0, window - self._dropped)]
        self._dropped = max(self._dropped, window)

    def _check_open(self) -> None:
        if self._queue is None:
            raise RecognitionFailed("The utterance is over.")


def _joined(heard: list[Heard | None]) -> str:
    found = [each for each in heard if each is not None]
    space = "" if found and found[-1].language in UNSPACED else " "
    return space.join(filter(None, (without_sound_names(each.text) for each in found)))
