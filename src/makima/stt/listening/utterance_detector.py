"""Finds the utterances in a stream of audio of any rate: resamples it, rates each window, and cuts it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from makima.audio.resample import Resampler
from makima.events import Samples
from makima.stt.listening.endpoint import (
    WINDOW_MS,
    WINDOW_SAMPLES,
    Boundary,
    Ended,
    Endpointer,
    EndpointRules,
    Paused,
    Started,
)
from makima.stt.listening.vad import SpeechDetector
from makima.stt.protocol import RATE_HZ, TurnDetector


@dataclass(frozen=True, slots=True)
class Opened:
    """An utterance has begun. Its audio follows, with a pre-roll from before its start."""

    at_ms: int
    audio_ms: int
    """Where its audio begins."""


@dataclass(frozen=True, slots=True)
class Speech:
    """The next audio [S] of the utterance, at RATE_HZ."""

    samples: Samples


@dataclass(frozen=True, slots=True)
class Closed:
    """The utterance is over."""

    at_ms: int


Sound: TypeAlias = Opened | Speech | Closed


class UtteranceDetector:
    """Takes the audio of one stream and yields its utterances: `Opened`, `Speech`s, `Closed`. Memory is bounded."""

    def __init__(
        self,
        sample_rate_hz: int,
        speech: SpeechDetector,
        rules: EndpointRules | None = None,
        turns: TurnDetector | None = None,
    ) -> None:
        self._resampler = Resampler(sample_rate_hz, RATE_HZ)
        self._speech_in = speech
        self._turns = turns
        self._endpointer = Endpointer(rules or EndpointRules(), asks=turns is not None)
        self._rest: Samples = np.zeros(0, np.float32)
        self._windows_seen = 0
        self._recent: deque[Samples] = deque(maxlen=self._endpointer.kept_windows)
        self._utterance: list[Samples] = []

    @property
    def open(self) -> bool:
        """Whether an utterance has begun and is not over."""
        return self._endpointer.open

    def guard(self, on: bool) -> None:
        """Use the stricter `guarded` rules for the start of speech."""
        self._endpointer.guarded = on

    def push(self, samples: Samples) -> Iterator[Sound]:
        """Take the next audio [S]; yields what it completes."""
        # A sample that is NaN or infinite would never leave the state of the resampler and of the detector.
        clean = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0).clip(-1.0, 1.0)
        yield from self._windows(self._resampler.push(clean))

    def pause(self) -> Iterator[Sound]:
        """No audio arrives at the moment: closes an utterance that is open."""
        yield from self._cut(self._endpointer.stop())

    def flush(self) -> Iterator[Sound]:
        """The stream has ended: yields what is still buffered."""
        yield from self._windows(self._resampler.flush())
        if self.open and len(self._rest):
            yield Speech(self._rest)
        yield from self._cut(self._endpointer.stop())

    def _windows(self, samples: Samples) -> Iterator[Sound]:
        audio = np.concatenate([self._rest, samples])
        whole = len(audio) - len(audio) % WINDOW_SAMPLES
        self._rest = audio[whole:].copy()  # a view would keep the whole array in memory
        for start in range(0, whole, WINDOW_SAMPLES):
            yield from self._window(audio[start : start + WINDOW_SAMPLES])

    def _window(self, window: Samples) -> Iterator[Sound]:
        self._windows_seen += 1
        was_open = self.open
        self._recent.append(window.copy())
        boundary = self._endpointer.push(self._speech_in(window))
        if was_open:
            yield from self._speech(window)
        yield from self._cut(boundary)

    def _cut(self, boundary: Boundary | None) -> Iterator[Sound]:
        match boundary:
            case Started(at, audio_from):
                yield Opened(at * WINDOW_MS, audio_from * WINDOW_MS)
                kept = list(self._recent)[audio_from - self._windows_seen :]
                yield from self._speech(np.concatenate(kept))
            case Paused():
                assert self._turns is not None
                yield from self._cut(self._endpointer.judge(self._turns.complete(np.concatenate(self._utterance))))
            case Ended(at):
                self._utterance.clear()
                yield Closed(at * WINDOW_MS)

    def _speech(self, samples: Samples) -> Iterator[Speech]:
        if self._turns is not None:
            self._utterance.append(samples)
        yield Speech(samples)
