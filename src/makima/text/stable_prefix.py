"""Which part of a text that is still being written can no longer change how it is spoken.

What comes out is the same for every split of the text on its way in: it is cut only where the text on both sides
decides the cut. The last word is held back, since more letters may follow; so is a number with the word after it, since
`5` may become `5 km` or `5,000`; and a link until its bracket is closed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

MAX_HELD_CHARACTERS = 120
"""A number is never waited for longer than this: what looks like one may be a table."""

# White space ends a word in most languages, a mark in those without spaces.
_BOUNDARY = re.compile(r"\s+(?=\S)|(?<=[，。！？、；：])(?=\S)")
_OPEN = re.compile(r"[\d€$£¥%°@]|https?:|www\.")


class StablePrefix:
    """Text in, settled text out, each settled stretch written out by `spoken` on its own."""

    def __init__(self, spoken: Callable[[str], str] = lambda text: text) -> None:
        self._spoken = spoken
        self._text = ""

    def feed(self, piece: str) -> str:
        """What has become settled with `piece`."""
        self._text += piece
        settled = ""
        while (cut := self._next_cut()) is not None:
            settled += self._spoken(self._text[:cut])
            self._text = self._text[cut:]
        return settled

    def flush(self) -> str:
        """The rest, once the text is complete."""
        rest, self._text = self._text, ""
        return self._spoken(rest) if rest else ""

    def _next_cut(self) -> int | None:
        """Where the first settled stretch ends: at a boundary between two whole words that nothing ties together."""
        boundaries = list(_BOUNDARY.finditer(self._text))
        start = 0
        for before, after in pairwise(boundaries):
            left, right = self._text[start : before.start()], self._text[before.end() : after.start()]
            start = before.end()
            tied = _OPEN.search(left) or _OPEN.search(right) or _in_brackets(self._text[: before.end()])
            if not tied or before.end() > MAX_HELD_CHARACTERS:
                return before.end()
        return None


def _in_brackets(text: str) -> bool:
    return text.rfind("[") > text.rfind("]") or text.rfind("](") > text.rfind(")")
