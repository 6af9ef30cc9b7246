"""The words of a text as it was written, which is what the times of words are told of.

A word is what stands between two blanks, its marks and Markdown included. Where no blanks are written between words,
each character is one, with the marks behind it. Tags are no words, and neither is what has no sound, such as a dash.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from makima.text.markup.tags import without_tags

_SINGLE: Final = r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
_TOKEN = re.compile(r"\S+")
_HAS_SINGLE = re.compile(_SINGLE)
_CORE = re.compile(rf"{_SINGLE}|(?:(?!{_SINGLE})[^\W_])(?:(?!{_SINGLE})[\w.,:'’%+&@/-])*(?<![.,:'’/-])")
_OPENING = re.compile(r"[「『《〈【（(\[{“‘«*_~`$€£¥#]+$")
_SOUND = re.compile(r"[^\W_]|[$€£¥₩₹₽¢%‰°&+=@§№×÷√±]")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text, from its first character to the one behind its last."""

    start: int
    end: int


def written_words(text: str) -> list[Span]:
    """Where the words of `text` stand, in order."""
    bare = without_tags(text)
    return [
        span
        for token in _TOKEN.finditer(bare)
        for span in _parts(token.group(), token.start())
        if _SOUND.search(bare, span.start, span.end)
    ]


def _parts(token: str, at: int) -> list[Span]:
    """A token as one word, or as several where it holds characters that are words by themselves."""
    if not _HAS_SINGLE.search(token):
        return [Span(at, at + len(token))]
    starts = [match.start() for match in _CORE.finditer(token)]
    edges = [0]
    for start in starts[1:]:
        opening = _OPENING.search(token, edges[-1] + 1, start)
        edges.append(opening.start() if opening is not None else start)
    return [Span(at + start, at + end) for start, end in zip(edges, [*edges[1:], len(token)], strict=True)]
