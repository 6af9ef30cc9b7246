"""Endpointing: where speech starts and where a turn ends, from the probability of speech in each window.

Speech starts once enough windows in a row reach the threshold; its start is the first of them. It ends after a silence.
With a turn detector it ends soon after a pause that the detector rates as the end, and otherwise only after a longer
silence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

WINDOW_SAMPLES = 512
"""The input of Silero VAD, at 16 kHz."""
WINDOW_MS = 32


@dataclass(frozen=True, slots=True)
class EndpointRules:
    """Thresholds for the start and the end of speech.

    A window is speech from `start` on and silence below `keep`; between the two it is what the one before was. The
    `guarded` values apply while synthesized speech is being played: the residue of echo cancellation must not count.
    """

    start: float = 0.5
    keep: float = 0.35
    speech_ms: int = 96
    guarded_start: float = 0.8
    guarded_speech_ms: int = 384
    silence_ms: int = 704
    pre_roll_ms: int = 320
    longest_ms: int = 30_000
    ask_ms: int = 192
    """The pause after which a turn detector is asked."""
    turn: float = 0.5
    """The least probability with which the detector ends the turn."""
    patience_ms: int = 2_400
    """The silence that ends a turn which the detector rates as unfinished."""


@dataclass(frozen=True, slots=True)
class Started:
    """Speech has started at window `at`; its audio is kept from window `audio_from` on."""

    at: int
    audio_from: int


@dataclass(frozen=True, slots=True)
class Paused:
    """The speaker may be done: the caller may ask a turn detector and pass its answer to `judge`."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Speech ended before window `at`. `cut`: it goes on, but reached the longest length of an utterance."""

    at: int
    cut: bool = False


Boundary: TypeAlias = Started | Paused | Ended


class Endpointer:
    """Applies the rules to the windows of one stream."""

    def __init__(self, rules: EndpointRules, *, asks: bool = False) -> None:
        self.guarded = False
        self._rules = rules
        self._asks = asks
        self._window = -1  # the latest one
        self._free_from = 0  # windows before this one belong to an earlier utterance
        self._run_from: int | None = None  # the first window of what may become speech
        self._run = 0
        self._opened: int | None = None
        self._spoken_to = 0  # the window after the last one with speech
        self._unfinished = False

    @property
    def open(self) -> bool:
        """Whether an utterance has begun and is not over."""
        return self._opened is not None

    @property
    def kept_windows(self) -> int:
        """How many of the latest windows may become part of an utterance that is not open yet."""
        rules = self._rules
        # A window between the thresholds neither ends a run nor counts for it, so a run may be longer than `speech_ms`.
        return _windows(rules.pre_roll_ms) + 2 * _windows(max(rules.speech_ms, rules.guarded_speech_ms))

    def push(self, probability: float) -> Boundary | None:
        """Take the next window; the boundary it makes, if any."""
        self._window += 1
        return self._listen(probability) if self._opened is None else self._follow(probability)

    def judge(self, probability: float) -> Ended | None:
        """Take the turn detector's probability for the pause; the end, if it is high enough."""
        if self._opened is None:
            return None
        if probability >= self._rules.turn:
            return self._end(self._spoken_to)
        self._unfinished = True
        return None

    def stop(self) -> Ended | None:
        """There is no more audio, or none at the moment: ends the utterance that is open."""
        self._run_from, self._run = None, 0
        return self._end(self._spoken_to) if self._opened is not None else None

    def _listen(self, probability: float) -> Started | None:
        rules = self._rules
        if probability < rules.keep:
            self._run_from, self._run = None, 0
            return None
        if probability >= (rules.guarded_start if self.guarded else rules.start):
            if self._run_from is None:
                self._run_from = self._window
            self._run += 1
        needed = _windows(rules.guarded_speech_ms if self.guarded else rules.speech_ms)
        if self._run_from is None or self._run < needed:
            return None
        started = self._run_from
        self._run_from, self._run = None, 0
        self._opened, self._spoken_to, self._unfinished = started, self._window + 1, False
        earliest = self._window + 1 - self.kept_windows
        return Started(started, max(self._free_from, started - _windows(rules.pre_roll_ms), earliest))

    def _follow(self, probability: float) -> Boundary | None:
        rules, now = self._rules, self._window + 1
        assert self._opened is not None
        if probability >= rules.keep:
            self._spoken_to, self._unfinished = now, False
        if now - self._opened >= _windows(rules.longest_ms):
            return self._end(now, cut=True)
        silent = now - self._spoken_to
        patience_ms = rules.patience_ms if self._unfinished else rules.silence_ms
        if silent >= _windows(patience_ms):
            return self._end(self._spoken_to)
        if self._asks and silent == _windows(rules.ask_ms):
            return Paused()
        return None

    def _end(self, at: int, *, cut: bool = False) -> Ended:
        self._opened = None
        self._free_from = at
        return Ended(at, cut)


def _windows(ms: int) -> int:
    return math.ceil(ms / WINDOW_MS)
