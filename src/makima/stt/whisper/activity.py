"""Where in an utterance there is speech, from the probability of it in each window; and where a long one is cut.

Everything is decided by the windows alone, so that an utterance is recognised from the same stretches of audio however
it was fed and whatever was guessed on the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from makima.stt.listening.endpoint import WINDOW_MS

SPEECH: Final = 0.5
"""From this probability on a window counts as speech."""
BEFORE_WINDOWS: Final = 10
"""Windows kept before the first speech: soft beginnings such as "h" and "f" are in them."""
AFTER_WINDOWS: Final = 6
"""Likewise after the last speech. After so much silence the audio that is recognised no longer changes."""
CUT_FROM_WINDOWS: Final = 10_000 // WINDOW_MS
"""From this length on, a stretch is cut at the next pause."""
PAUSE_WINDOWS: Final = 10
MAX_WINDOWS: Final = 26_000 // WINDOW_MS
"""At this length it is cut where speech is least likely, as the encoder takes 30 s."""


@dataclass(frozen=True, slots=True)
class Span:
    """Windows `start` to `end` of an utterance. `speech`: how many of them are speech, `peak`: the most likely one."""

    start: int
    end: int
    speech: int
    peak: float


class Activity:
    """The windows of one utterance since its last cut."""

    def __init__(self) -> None:
        self._start = 0  # of the stretch that is open
        self._chances: list[float] = []  # of its windows
        self._spoken_to = 0  # after the last window with speech in it, counted in the stretch

    @property
    def start(self) -> int:
        """The first window that may still be asked for."""
        return self._start

    @property
    def windows(self) -> int:
        """All windows so far."""
        return self._start + len(self._chances)

    @property
    def silent_windows(self) -> int:
        """How many windows of silence there were since the last speech."""
        return len(self._chances) - self._spoken_to

    def push(self, chance: float) -> Span | None:
        """Take the next window; the stretch that ends before or with it, if it is cut here and has speech in it."""
        self._chances.append(chance)
        if chance >= SPEECH:
            self._spoken_to = len(self._chances)
        if self._spoken_to == 0:
            self._forget_silence()
            return None
        if self.silent_windows == PAUSE_WINDOWS and self._spoken_to >= CUT_FROM_WINDOWS:
            return self._cut(len(self._chances))
        if len(self._chances) >= MAX_WINDOWS:
            # The start of the second half is the earliest, so that neither part is short.
            half = MAX_WINDOWS // 2
            smooth = [sum(self._chances[at - 2 : at + 3]) for at in range(half, MAX_WINDOWS - 2)]
            return self._cut(half + smooth.index(min(smooth)))
        return None

    def span(self) -> Span | None:
        """The stretch that is open, without the silence around it; None where there is no speech in it."""
        return self._span(len(self._chances))

    def _span(self, limit: int) -> Span | None:
        chances = self._chances[:limit]
        spoken = [at for at, chance in enumerate(chances) if chance >= SPEECH]
        if not spoken:
            return None
        start, end = max(0, spoken[0] - BEFORE_WINDOWS), min(limit, spoken[-1] + 1 + AFTER_WINDOWS)
        return Span(self._start + start, self._start + end, len(spoken), max(chances))

    def _cut(self, at: int) -> Span | None:
        span = self._span(at)
        self._start += at
        self._chances = self._chances[at:]
        spoken = [index for index, chance in enumerate(self._chances) if chance >= SPEECH]
        self._spoken_to = spoken[-1] + 1 if spoken else 0
        return span

    def _forget_silence(self) -> None:
        """Silence before the first speech is not kept."""
        surplus = len(self._chances) - BEFORE_WINDOWS
        if surplus > 0:
            self._start += surplus
            del self._chances[:surplus]
