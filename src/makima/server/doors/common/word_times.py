"""When each word of a text is spoken, estimated from how much audio there is so far, for engines that do not say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

START_CHARACTERS_PER_S: Final = 15.0
"""The pace of English speech that is assumed until audio has been measured. About 150 words a minute."""

_PAUSE_CHARACTERS: Final = {".": 4.0, "!": 4.0, "?": 4.0, ";": 2.5, ":": 2.5, ",": 2.0}
"""A pause after a mark, in characters of speech: about 0.3 s after a sentence, half of that after a clause."""

# Scripts without spaces between words: each character is timed, as the hosted services do it.
_SINGLE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word as it stands in the text, and when it is spoken, from the start of the audio."""

    text: str
    start_s: float
    end_s: float

    def later(self, seconds: float) -> TimedWord:
        """The same word where other audio comes before its own."""
        return TimedWord(self.text, round(self.start_s + seconds, 3), round(self.end_s + seconds, 3))


class WordClock:
    """Gives each word of a growing text a time while the audio comes. Without input or output.

    Words come out in order, each once; the start of a word is never before the end of the one before it. Words are
    estimates: they are placed by their length over the pace of the audio so far.
    """

    def __init__(self, characters_per_s: float = START_CHARACTERS_PER_S) -> None:
        self._pace = characters_per_s
        self._rest = ""
        self._waiting: list[tuple[str, float]] = []
        self._audio_s = 0.0
        self._placed_s = 0.0

    @property
    def pace(self) -> float:
        """Characters a second, as far as is known."""
        return self._pace

    def text(self, piece: str) -> None:
        """Add text. The last word is held back until what follows shows that it is whole."""
        self._rest += piece
        while (match := re.match(r"\s*(\S+)\s", self._rest)) is not None:
            self._add(match.group(1))
            self._rest = self._rest[match.end() - 1 :]

    def audio(self, seconds: float) -> list[TimedWord]:
        """This much more audio has come: the words that begin in it."""
        self._audio_s += seconds
        words: list[TimedWord] = []
        while self._waiting and self._placed_s < self._audio_s:
            words.append(self._place(self._waiting.pop(0), self._pace))
        return words

    def end(self) -> list[TimedWord]:
        """Text and audio are complete: the remaining words, within what is left of the audio."""
        if self._rest.strip():
            self._add(self._rest.strip())
        self._rest = ""
        if not self._waiting:
            return []
        length = sum(cost for _, cost in self._waiting)
        left_s = self._audio_s - self._placed_s
        # Where the estimate has run ahead of the audio, the last words are squeezed into its end.
        pace = max(length / left_s, self._pace) if left_s > 0.05 else max(self._pace, length / 0.05)
        words = [self._place(word, pace) for word in self._waiting]
        self._waiting = []
        return words

    def _add(self, word: str) -> None:
        parts = [part for part in re.split(rf"({_SINGLE.pattern})", word) if part] if _SINGLE.search(word) else [word]
        self._waiting.extend((part, len(part) + 1 + _PAUSE_CHARACTERS.get(part[-1], 0.0)) for part in parts)

    def _place(self, word: tuple[str, float], pace: float) -> TimedWord:
        text, cost = word
        start_s = self._placed_s
        self._placed_s += cost / pace
        spoken_s = (len(text) + 1) / pace
        return TimedWord(text, round(start_s, 3), round(start_s + spoken_s, 3))
