"""From the words an engine says to the words a user wrote, with the sound held back until each one's end is known."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from makima.events import Samples, SpokenWord
from makima.text.alignment import SaidWords
from makima.text.written_words import Span


@dataclass(slots=True)
class _Open:
    """Words that are being said. Units: samples of the utterance"""

    said: SaidWords
    start_sample: int
    end_sample: int


class WrittenWords:
    """The words of one stream of the engine. `sentence` is called for each sentence that is fed to it, in order."""

    def __init__(self) -> None:
        self._expected: deque[SaidWords] = deque()
        self._fed_characters = 0
        self._open: _Open | None = None
        self._skipped: list[Span] = []  # words the engine has said nothing of
        self._held: Samples = np.zeros(0, np.float32)
        self._held_start_sample = 0
        self._told_sample = 0  # the end of the last word that was told

    def sentence(self, text: str, words: Sequence[SaidWords]) -> None:
        """This is fed to the engine next."""
        at = self._fed_characters
        self._expected.extend(
            SaidWords(said.written, Span(said.spoken.start + at, _last_sound(text, said.spoken) + at)) for said in words
        )
        self._fed_characters += len(text)

    def push(
        self, samples: Samples, start_sample: int, words: Iterable[SpokenWord]
    ) -> tuple[Samples, tuple[SpokenWord, ...]]:
        """The sound up to the first word that is not over, and the written words that begin in it.

        Units: `start_sample`, and the samples of `words`, count from the utterance's first
        """
        if not len(self._held):
            self._held_start_sample = start_sample
        self._held = np.concatenate([self._held, samples]) if len(self._held) else samples
        found = [written for word in words for written in self._said(word)]
        keep_from = len(self._held)
        if self._open is not None:
            keep_from = min(max(0, self._open.start_sample - self._held_start_sample), keep_from)
        return self._taken(keep_from), tuple(found)

    def flush(self) -> tuple[Samples, tuple[SpokenWord, ...]]:
        """What is held back, and the words that are left, once the engine has said all."""
        found = list(self._closed())
        left = [span for said in self._expected for span in said.written]
        self._expected.clear()
        end_sample = self._held_start_sample + len(self._held)
        found += self._shared([*self._skipped, *left], min(self._told_sample, end_sample), end_sample)
        self._skipped = []
        return self._taken(len(self._held)), tuple(found)

    def _taken(self, count: int) -> Samples:
        taken, self._held = self._held[:count], self._held[count:]
        self._held_start_sample += count
        return taken

    def _said(self, word: SpokenWord) -> list[SpokenWord]:
        """What is over with a word of the engine."""
        found: list[SpokenWord] = []
        text_end = word.text_start + word.text_length
        if self._open is not None and word.text_start >= self._open.said.spoken.end:
            found += self._closed()
        if self._open is None:
            while self._expected and self._expected[0].spoken.end <= word.text_start:
                self._skipped += self._expected.popleft().written
            if not self._expected or self._expected[0].spoken.start >= text_end:
                return found
            self._open = _Open(self._expected.popleft(), word.start_sample, word.start_sample)
        self._open.end_sample = max(self._open.end_sample, word.end_sample or word.start_sample)
        while self._expected and self._expected[0].spoken.end <= text_end:
            self._join(self._expected.popleft())
        return found + (self._closed() if text_end >= self._open.said.spoken.end else [])

    def _join(self, said: SaidWords) -> None:
        """Have a group that the engine says with the open one told with it."""
        assert self._open is not None
        before = self._open.said
        self._open.said = SaidWords((*before.written, *said.written), Span(before.spoken.start, said.spoken.end))

    def _closed(self) -> list[SpokenWord]:
        if self._open is None:
            return []
        closed, self._open = self._open, None
        spans = [*self._skipped, *closed.said.written]
        self._skipped = []
        return self._shared(spans, closed.start_sample, closed.end_sample)

    def _shared(self, spans: Sequence[Span], start_sample: int, end_sample: int) -> list[SpokenWord]:
        """Words that are said together, each with its share of the time."""
        start_sample = max(start_sample, self._told_sample)
        end_sample = max(end_sample, start_sample)
        total = sum(span.end - span.start for span in spans)
        words, so_far = [], 0
        for span in spans:
            begin = start_sample + (end_sample - start_sample) * so_far // total
            so_far += span.end - span.start
            end = start_sample + (end_sample - start_sample) * so_far // total
            words.append(SpokenWord(span.start, span.end - span.start, begin, end))
        if words:
            self._told_sample = end_sample
        return words


def _last_sound(text: str, span: Span) -> int:
    """Behind the last letter or digit of a stretch: an engine does not count the marks."""
    return next((at + 1 for at in range(span.end - 1, span.start, -1) if text[at].isalnum()), span.start + 1)
