"""Word errors of a recogniser: the numerator and the denominator of the word error rate."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WordErrors:
    """Words inserted, deleted or substituted, and the number of words that were spoken."""

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


def word_errors(spoken: str, recognised: str) -> WordErrors:
    """The smallest number of words to change to turn `recognised` into `spoken` (the Levenshtein distance)."""
    return WordErrors(distance(words_of(spoken), words_of(recognised)), len(words_of(spoken)))


# Ten lines here, so that this benchmark needs nothing but the base installation.
def distance(spoken: Sequence[str], recognised: Sequence[str]) -> int:
    """The smallest number of items to change to turn one sequence into the other (the Levenshtein distance)."""
    row = list(range(len(recognised) + 1))
    for count, word in enumerate(spoken, 1):
        before, row[0] = row[0], count
        for position, other in enumerate(recognised, 1):
            change = before + (word != other)
            before = row[position]
            row[position] = min(change, before + 1, row[position - 1] + 1)
    return row[-1]
