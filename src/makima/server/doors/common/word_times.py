"""When each word of a text is spoken: as the engine says it, or estimated from how much audio there is so far."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from makima.engines.output import TimedSpan
from makima.text.alignment import spoken_length
from makima.text.markup.tags import without_tags
from makima.text.written_words import written_words

START_CHARACTERS_PER_S: Final = 15.0
"""The pace of English speech that is assumed until audio has been measured. About 150 words a minute."""

_PAUSE_CHARACTERS: Final = {".": 4.0, "!": 4.0, "?": 4.0, ";": 2.5, ":": 2.5, ",": 2.0}
"""A pause after a mark, in characters of speech: about 0.3 s after a sentence, half of that after a clause."""

# Up to here the words of a text that goes on are whole: a blank, or a character that is a word by itself.
_SETTLED = re.compile(r"(?:.*\s|.*(?=[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]))", re.DOTALL)
_OPEN_TAG = re.compile(r"<(?:[A-Za-z/!][^<>]{0,200})?$|\[(?:pause[^\]]{0,20})?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word as it stands in the text, and when it is spoken, from the start of the audio."""

    text: str
    start_s: float
    end_s: float

    def later(self, seconds: float) -> TimedWord:
        """The same word where other audio comes before its own."""
        return TimedWord(self.text, round(self.start_s + seconds, 3), round(self.end_s + seconds, 3))


_Waiting: TypeAlias = tuple[str, float, float]
"""A word, and what it and the pause behind it take, in characters of speech."""


class WordClock:
    """Gives each word of a growing text a time while the audio comes. Without input or output.

    Words come out in order, each once; the start of a word is never before the end of the one before it. Words are
    estimates: they are placed by their length over the pace of the audio so far.
    """

    def __init__(self, characters_per_s: float = START_CHARACTERS_PER_S) -> None:
        self._pace = characters_per_s
        self._rest = ""
        self._waiting: list[_Waiting] = []
        self._audio_s = 0.0
        self._placed_s = 0.0

    @property
    def pace(self) -> float:
        """Characters a second, as far as is known."""
        return self._pace

    def text(self, piece: str) -> None:
        """Add text. The last word is held back until what follows shows that it is whole."""
        self._rest += piece
        open_tag = _OPEN_TAG.search(self._rest)
        whole = self._rest[: open_tag.start()] if open_tag is not None else self._rest
        settled = _SETTLED.match(without_tags(whole))
        if settled is not None:
            self._add(self._rest[: settled.end()])
            self._rest = self._rest[settled.end() :]

    def audio(self, seconds: float) -> list[TimedWord]:
        """This much more audio has come: the words that begin in it."""
        self._audio_s += seconds
        words: list[TimedWord] = []
        while self._waiting and self._placed_s < self._audio_s:
            words.append(self._place(self._waiting.pop(0), self._pace))
        return words

    def end(self) -> list[TimedWord]:
        """Text and audio are complete: the remaining words, within what is left of the audio."""
        self._add(self._rest)
        self._rest = ""
        if not self._waiting:
            return []
        length = sum(spoken + pause for _, spoken, pause in self._waiting)
        left_s = self._audio_s - self._placed_s
        # Where the estimate has run ahead of the audio, the last words are squeezed into its end.
        pace = max(length / left_s, self._pace) if left_s > 0.05 else max(self._pace, length / 0.05)
        words = [self._place(word, pace) for word in self._waiting]
        self._waiting = []
        return words

    def _add(self, text: str) -> None:
        words = [text[span.start : span.end] for span in written_words(text)]
        self._waiting.extend((word, spoken_length(word) + 1, _PAUSE_CHARACTERS.get(word[-1], 0.0)) for word in words)

    def _place(self, word: _Waiting, pace: float) -> TimedWord:
        text, spoken, pause = word
        start_s = self._placed_s
        self._placed_s += (spoken + pause) / pace
        return TimedWord(text, round(start_s, 3), round(start_s + spoken / pace, 3))


class WordTimes:
    """The words of one utterance, in order. `exact`: the engine says when each is spoken."""

    def __init__(self, *, exact: bool) -> None:
        self.exact = exact
        self._text = ""
        self._clock = None if exact else WordClock()

    def text(self, piece: str) -> None:
        """Add the next piece of the text."""
        if self._clock is not None:
            self._clock.text(piece)
        else:
            self._text += piece

    def audio(self, seconds: float, spans: Iterable[TimedSpan]) -> list[TimedWord]:
        """This much more audio has come, in which the engine says that these words begin: all that begin in it."""
        if self._clock is not None:
            return self._clock.audio(seconds)
        return [
            TimedWord(self._text[span.text_start : span.text_end], round(span.start_s, 3), round(span.end_s, 3))
            for span in spans
        ]

    def end(self) -> list[TimedWord]:
        """Text and audio are complete: the remaining words."""
        return self._clock.end() if self._clock is not None else []
