"""The text of one segment on its way to the talker, token by token, also while it is still being written.

Only tokens that later text cannot change are let through, so that a text gives the same tokens however it was split.
"""

from __future__ import annotations

from collections.abc import Callable

from makima.text.tokenizer import TextTokenizer


class TextFeed:
    """Text that only grows in, token ids out. `complete` once the last has been given; `said` is what they spell."""

    def __init__(self, spoken: Callable[[str], str], tokenizer: TextTokenizer) -> None:
        self._spoken = spoken
        self._tokenizer = tokenizer
        self._seen_characters = 0
        self._pending = ""
        self.complete = False
        self.tokens = 0
        self.said = ""

    def grow(self, text: str, *, closed: bool) -> list[int]:
        """The ids that have become certain with `text`, all of the segment so far; `closed`: there is no more of it."""
        if self.complete:
            return []
        if not closed and text.endswith("<"):
            text = text[:-1]  # it may be the beginning of a special token's name, which is seen only whole
        piece, self._seen_characters = text[self._seen_characters :], len(text)
        self._pending += self._spoken(piece)
        if not self.tokens:
            self._pending = self._pending.lstrip()
        if closed:
            self._pending = self._pending.rstrip()
            self.complete = True
        end = len(self._pending) if closed else self._tokenizer.settled(self._pending)
        ids = self._tokenizer.encode(self._pending[:end]) if end else []
        self.said += self._pending[:end]
        self._pending = self._pending[end:]
        self.tokens += len(ids)
        return ids
