"""Joins surrogate pairs that a transport has cut in two."""

from __future__ import annotations


class SurrogateJoiner:
    """Takes a text in any pieces and gives it back in whole characters.

    A high surrogate at the end of a piece is held until the next piece brings its other half.
    """

    def __init__(self) -> None:
        self._held = ""

    def feed(self, piece: str) -> str:
        """The next whole characters; a half that has no partner stays what it is, for the caller to refuse."""
        text = self._held + piece
        self._held = ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._held = text[:-1], text[-1]
        return _joined(text)

    def flush(self) -> str:
        """What is left at the end: nothing, or a half that never found its partner."""
        held, self._held = self._held, ""
        return held


def _joined(text: str) -> str:
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
