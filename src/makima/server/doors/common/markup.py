"""Markup that clients of hosted services put into texts. It is taken out, so that no tag is read aloud."""

from __future__ import annotations

import re
from typing import Final

_TAG = re.compile(
    r"</?(?:break|speed|volume|emotion|spell|prosody|phoneme|speak|sub|say-as|emphasis|p|s)\b[^<>]*>", re.IGNORECASE
)
_OPEN = re.compile(r"<(?:[/a-z][^<>]*)?$", re.IGNORECASE)

LONGEST_TAG: Final = 200
"""A `<` that is not closed within this number of characters is text."""


def plain(text: str) -> str:
    """`text` without tags; each becomes a space, so that the words around it stay apart."""
    return _TAG.sub(" ", text)


class MarkupFilter:
    """Takes tags out of a text that comes in pieces, cut anywhere."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, piece: str) -> str:
        """The text that is settled after `piece`."""
        text = self._held + piece
        match = _OPEN.search(text)
        if match is None or len(text) - match.start() > LONGEST_TAG:
            self._held = ""
            return plain(text)
        self._held = text[match.start() :]
        return plain(text[: match.start()])

    def flush(self) -> str:
        """What was held back, once the text is complete."""
        text, self._held = self._held, ""
        return plain(text)
