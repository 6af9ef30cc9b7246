"""How far recognised words are from those that were said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WordErrors:
    """Words that were put in, left out or taken for others, of so many that were said."""

    errors: int
    words: int

    def __add__(self, other: WordErrors) -> WordErrors:
        return WordErrors(self.errors + other.errors, self.words + other.words)

    @property
    def rate(self) -> float:
        return self.errors / self.words if self.words else 0.0


def words_of(text: str) -> list[str]:
    """The words of `text` without case and punctuation, which not every recogniser writes."""
    return re.findall(r"[^\W_]+(?:'[^\W_]+)*", text.lower().replace("’", "'"))


def word_errors(said: str, recognised: str) -> WordErrors:
    """The fewest changes of words that make one of the other (Levenshtein)."""
    return WordErrors(_distance(words_of(said), words_of(recognised)), len(words_of(said)))


def _distance(said: Sequence[str], recognised: Sequence[str]) -> int:
    row = list(range(len(recognised) + 1))
    for count, word in enumerate(said, 1):
        before, row[0] = row[0], count
        for position, other in enumerate(recognised, 1):
            change = before + (word != other)
            before = row[position]
            row[position] = min(change, before + 1, row[position - 1] + 1)
    return row[-1]
