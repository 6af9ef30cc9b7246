"""Which symbols say which word. Phonemizers join words ("of the" is `ʌvðɪ`), and say initials in several."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from makima.text.written_words import Span

_RUN = re.compile(r"\S+")
_VOWELS: Final = frozenset("aeiouyAIOQWYɐɑɒæɔəɚɛɜɨɪɯøœʊʌɤᵊᵻː")
_SKIP, _OTHER, _ALIKE = 1.0, 1.5, 0.5
"""What it costs to skip a symbol, and to take one for another: of another kind, or both vowels or both consonants."""


@dataclass(frozen=True, slots=True)
class PlacedWord:
    """A word, and the symbols that say it, by their places."""

    text: Span
    symbols: Span


def placed_words(text: str, words: Sequence[Span], symbols: str, said: Callable[[str], str]) -> list[PlacedWord]:
    """The `words` of `text` with their places in `symbols`; `said` gives the symbols of a word by itself."""
    runs = [match.span() for match in _RUN.finditer(symbols) if any(map(str.isalpha, match.group()))]
    if len(runs) == len(words):
        return [PlacedWord(word, Span(*run)) for word, run in zip(words, runs, strict=True)]
    letters = [place for place, symbol in enumerate(symbols) if symbol.isalpha()]
    alone = ["".join(filter(str.isalpha, said(text[word.start : word.end]))) for word in words]
    edges = _edges(alone, [symbols[place] for place in letters])
    begins = {letters.index(next(place for place in letters if place >= start)) for start, _ in runs}
    edges = _snapped(edges, begins)
    return [
        PlacedWord(word, Span(letters[first], letters[last - 1] + 1))
        for word, first, last in zip(words, edges, edges[1:], strict=False)
        if first < last
    ]


def _snapped(edges: Sequence[int], begins: set[int]) -> list[int]:
    """Edges that stand one symbol beside the beginning of a run, there, where no word becomes empty by that."""
    found: list[int] = []
    for edge, following in zip(edges, [*edges[1:], edges[-1] + 1], strict=True):
        before = found[-1] if found else -1
        near = [place for place in (edge, edge - 1, edge + 1) if place in begins and before < place < following]
        found.append(near[0] if near else edge)
    return found


def _edges(alone: Sequence[str], letters: Sequence[str]) -> list[int]:
    """Where each word begins in `letters`, and behind the last of them their number: the alignment that costs least."""
    joined = "".join(alone)
    costs = [[_SKIP * column for column in range(len(letters) + 1)]]
    for row, symbol in enumerate(joined, 1):
        before, line = costs[-1], [_SKIP * row]
        for column, letter in enumerate(letters, 1):
            line.append(
                min(before[column - 1] + _difference(symbol, letter), before[column] + _SKIP, line[column - 1] + _SKIP)
            )
        costs.append(line)
    reached = _path(joined, letters, costs)
    at, edges = 0, []
    for word in alone:
        edges.append(reached[at])
        at += len(word)
    return [*([0] if edges else []), *edges[1:], len(letters)]


def _path(joined: str, letters: Sequence[str], costs: Sequence[Sequence[float]]) -> list[int]:
    """For each symbol of `joined` the letter it is taken for."""
    row, column = len(joined), len(letters)
    reached = [column] * (row + 1)
    while row or column:
        cost = costs[row][column]
        if row and column and cost == costs[row - 1][column - 1] + _difference(joined[row - 1], letters[column - 1]):
            row, column = row - 1, column - 1
        elif row and cost == costs[row - 1][column] + _SKIP:
            row -= 1
        else:
            column -= 1
        reached[row] = column
    return reached


def _difference(one: str, other: str) -> float:
    if one == other:
        return 0.0
    return _ALIKE if (one in _VOWELS) == (other in _VOWELS) else _OTHER
