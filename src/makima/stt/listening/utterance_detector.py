"""Finds the utterances in a stream of audio of any rate: converts it, judges it window by window, cuts it."""

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
    """An utterance has begun; its audio follows, from a little before it."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Speech:
    """More of its audio [S], at RATE_HZ."""

    samples: Samples


@dataclass(frozen=True, slots=True)
class Closed:
    """It is over."""

    at_ms: int


Sound: TypeAlias = Opened | Speech | Closed


class Ear:
    """One stream's audio in, its utterances out: `Opened`, `Speech`s, `Closed`, and so on. What it keeps is bounded."""

    def __init__(
        self,
        sample_rate_hz: int,
        detector: SpeechDetector,
        rules: EndpointRules | None = None,
        turns: TurnDetector | None = None,
    ) -> None:
        self._resampler = Resampler(sample_rate_hz, RATE_HZ)
        self._detector = detector
        self._turns = turns
        self._endpointer = Endpointer(rules or EndpointRules(), asks=turns is not None)
        self._rest: Samples = np.zeros(0, np.float32)
        self._heard = 0  # windows
        self._recent: deque[Samples] = deque(maxlen=self._endpointer.kept_windows)
        self._utterance: list[Samples] = []

    @property
    def open(self) -> bool:
        """Whether an utterance is going on."""
        return self._endpointer.open

    def guard(self, on: bool) -> None:
        """Ask more of what counts as the start of speech."""
        self._endpointer.guarded = on

    def push(self, samples: Samples) -> Iterator[Sound]:
        """Take the next audio [S]; what is heard in it."""
        # A single sample that is no number would stay in the filter and in the detector for good.
        clean = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0).clip(-1.0, 1.0)
        yield from self._windows(self._resampler.push(clean))

    def pause(self) -> Iterator[Sound]:
        """No audio comes for now: an utterance that is open is over."""
        yield from self._cut(self._endpointer.stop())

    def flush(self) -> Iterator[Sound]:
        """There is no more audio."""
        yield from self._windows(self._resampler.flush())
        if self.open and len(self._rest):
            yield Speech(self._rest)
        yield from self._cut(self._endpointer.stop())

    def _windows(self, samples: Samples) -> Iterator[Sound]:
        audio = np.concatenate([self._rest, samples])
        whole = len(audio) - len(audio) % WINDOW_SAMPLES
        self._rest = audio[whole:].copy()  # a view would keep all of it
        for start in range(0, whole, WINDOW_SAMPLES):
            yield from self._window(audio[start : start + WINDOW_SAMPLES])

    def _window(self, window: Samples) -> Iterator[Sound]:
        self._heard += 1
        was_open = self.open
        self._recent.append(window.copy())
        boundary = self._endpointer.push(self._detector(window))
        if was_open:
            yield from self._speech(window)
        yield from self._cut(boundary)

    def _cut(self, boundary: Boundary | None) -> Iterator[Sound]:
        match boundary:
            case Started(at, audio_from):
                yield Opened(at * WINDOW_MS)
                kept = list(self._recent)[audio_from - self._heard :]
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
