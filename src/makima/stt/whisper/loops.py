"""Phrases that a decoder repeats without end."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Final, TypeVar

T = TypeVar("T")

MOST_PHRASE: Final = 20
"""Tokens of the longest phrase that is looked for."""
MIN_REPEATS: Final = 3
MIN_REPEATED: Final = 9
"""Tokens that a loop has at least, so that "no, no, no" and "ha ha ha" stay."""
COMPRESSION: Final = 2.4
"""The ratio from which on text counts as repetitive. Source: Radford et al. 2022, section 4.5"""


def collapsed(tokens: Sequence[T], *, endless: bool = False) -> list[T]:
    """`tokens` with each loop in it reduced to one phrase. `endless`: the decoder was broken off."""
    kept: list[T] = []
    at = 0
    while at < len(tokens):
        size, length = _loop_at(tokens, at, endless)
        kept += tokens[at : at + size]
        at += length
    return kept


def repeats(tokens: Sequence[T], *, endless: bool = False) -> bool:
    """Whether there is a loop in `tokens`."""
    return len(collapsed(tokens, endless=endless)) < len(tokens)


def compression(text: str) -> float:
    """How many times smaller zlib makes `text`: 0.5 to 2 for ordinary sentences, more where phrases come again."""
    encoded = text.encode()
    return len(encoded) / len(zlib.compress(encoded)) if encoded else 0.0


def _loop_at(tokens: Sequence[T], at: int, endless: bool) -> tuple[int, int]:
    """The length of the phrase that is repeated from `at` on, and of all its repetitions; (1, 1) where none is."""
    for size in range(1, MOST_PHRASE + 1):
        phrase, count, next_ = tokens[at : at + size], 1, at + size
        while len(phrase) == size and tokens[next_ : next_ + size] == phrase:
            count += 1
            next_ += size
        if count == 1 or count * size < MIN_REPEATED:
            continue
        # A decoder that is broken off within a repetition would have gone on.
        rest = tokens[next_:]
        if endless and rest and rest == phrase[: len(rest)]:
            return size, len(tokens) - at
        if count >= MIN_REPEATS:
            return size, next_ - at
    return 1, 1
