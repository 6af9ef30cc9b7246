"""Which words of a text as it was written are said by which part of it as it is spoken.

Words that are the same in both are found first. What stands between two of them belongs together: `$12.50` and
"twelve dollars and fifty cents". Where several words stand there, each gets as much as it is likely to take.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from makima.text.written_words import Span, written_words

_REORDERED_WORDS: Final = 3
"""So far apart may be what changes places: in "12 May 2024" the day is said behind the month."""

_DIGIT, _SIGN = 6.5, 6.0
"""Characters that are said for a digit ("twenty" in 25) and for a sign ("dollars")."""


@dataclass(frozen=True, slots=True)
class SaidWords:
    """Words as they were written, and the stretch of a spoken sentence that says them, all of them together."""

    written: tuple[Span, ...]
    spoken: Span


@dataclass(frozen=True, slots=True)
class _Group:
    """Words of both texts that belong together, by their numbers."""

    first: int
    last: int
    said_first: int
    said_last: int


def aligned(written: str, sentences: Sequence[str], offset: int = 0) -> list[list[SaidWords]]:
    """For each of the `sentences` that `written` became: its words, in order.

    Units: places of `written` are counted from `offset`
    """
    words = written_words(written)
    said = [(index, span) for index, sentence in enumerate(sentences) for span in written_words(sentence)]
    keys = [_key(written[word.start : word.end]) for word in words]
    said_keys = [_key(sentences[index][span.start : span.end]) for index, span in said]
    found: list[list[SaidWords]] = [[] for _ in sentences]
    places = [Span(word.start + offset, word.end + offset) for word in words]
    for group in _groups(keys, said_keys, [written[word.start : word.end] for word in words]):
        index, first = said[group.said_first]
        last = next(span for at, span in reversed(said[group.said_first : group.said_last]) if at == index)
        found[index].append(SaidWords(tuple(places[group.first : group.last]), Span(first.start, last.end)))
    return found


def _key(word: str) -> str:
    return "".join(ch for ch in unicodedata.normalize("NFKC", word).casefold() if ch.isalnum())


def _groups(keys: list[str], said: list[str], words: list[str]) -> list[_Group]:
    if keys == said:
        return [_Group(at, at + 1, at, at + 1) for at in range(len(keys))]
    blocks = _merged(_blocks(keys, said), keys)
    groups: list[_Group] = []
    for first, last, said_first, said_last in blocks:
        if said_first == said_last:
            continue  # what was left out on the way
        if first == last:
            groups = _longer(groups, said_last)  # what was put in belongs to the word before it
            continue
        groups += _shared(words, first, last, said_first, said_last)
    return groups


def _blocks(keys: list[str], said: list[str]) -> list[tuple[int, int, int, int]]:
    """Stretches of both, in order: those that are the same, word by word, and those between them."""
    blocks: list[tuple[int, int, int, int]] = []
    at = said_at = 0
    for match in SequenceMatcher(None, keys, said, autojunk=False).get_matching_blocks():
        if match.a > at or match.b > said_at:
            blocks.append((at, match.a, said_at, match.b))
        blocks += [
            (match.a + step, match.a + step + 1, match.b + step, match.b + step + 1) for step in range(match.size)
        ]
        at, said_at = match.a + match.size, match.b + match.size
    return blocks


def _merged(blocks: list[tuple[int, int, int, int]], keys: list[str]) -> list[tuple[int, int, int, int]]:
    """Numbers that are said at another place, with the words up to that place, as one stretch."""
    merged: list[tuple[int, int, int, int]] = []
    at = 0
    while at < len(blocks):
        first, last, said_first, said_last = blocks[at]
        silent = said_first == said_last and any(any(map(str.isdecimal, key)) for key in keys[first:last])
        end = at
        if silent:
            near = range(at + 1, min(at + 2 + _REORDERED_WORDS, len(blocks)))
            end = next((index for index in near if _grows(blocks[index])), at)
        if end > at:
            merged.append((first, blocks[end][1], said_first, blocks[end][3]))
        else:
            merged.append(blocks[at])
        at = end + 1
    return merged


def _grows(block: tuple[int, int, int, int]) -> bool:
    return block[3] - block[2] > block[1] - block[0]


def _longer(groups: list[_Group], said_last: int) -> list[_Group]:
    if not groups:
        return groups
    last = groups[-1]
    return [*groups[:-1], _Group(last.first, last.last, last.said_first, said_last)]


def _shared(words: list[str], first: int, last: int, said_first: int, said_last: int) -> list[_Group]:
    """The spoken words of a stretch, shared out among its written ones."""
    count, said = last - first, said_last - said_first
    if count == 1 or said < count:
        return [_Group(first, last, said_first, said_last)]
    weights = [spoken_length(word) for word in words[first:last]]
    total, sum_so_far, groups, begin = sum(weights), 0.0, list[_Group](), said_first
    for place, weight in enumerate(weights):
        sum_so_far += weight
        # Each word gets one at least, and leaves one for each that follows.
        end = said_first + round(said * sum_so_far / total)
        end = min(max(end, begin + 1), said_last - (count - place - 1))
        groups.append(_Group(first + place, first + place + 1, begin, end))
        begin = end
    return groups


def spoken_length(word: str) -> float:
    """About how many characters are said for a word as it is written."""
    return sum(
        _DIGIT if ch.isdecimal() else 1.0 if ch.isalpha() else _SIGN if ch in "$€£¥%&+=@°/" else 0.5 for ch in word
    )
