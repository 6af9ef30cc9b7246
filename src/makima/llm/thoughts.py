"""Takes out of an answer what a reasoning model wrote to itself."""

from __future__ import annotations

_BEGIN, _END = "<think>", "</think>"


class ThoughtFilter:
    """Takes an answer in any pieces and gives back those outside `<think>` and `</think>`.

    Most endpoints send thoughts in a field of their own; some leave them in the answer, marked like this.
    """

    def __init__(self) -> None:
        self._held = ""
        self._thinking = False

    def feed(self, piece: str) -> str:
        """What is to be said of the text so far. What may be the beginning of a mark is held until that is known."""
        text, said = self._held + piece, ""
        self._held = ""
        while text:
            mark = _END if self._thinking else _BEGIN
            before, found, after = text.partition(mark)
            if not found:
                held = _overlap(before, mark)
                self._held = before[len(before) - held :]
                before = before[: len(before) - held]
            if not self._thinking:
                said += before
            if found:
                self._thinking = not self._thinking
            text = after
        return said

    def flush(self) -> str:
        """What was held at the end of the answer."""
        held, self._held = self._held, ""
        return "" if self._thinking else held


def _overlap(text: str, mark: str) -> int:
    """How many characters at the end of `text` begin `mark`."""
    return next((n for n in range(min(len(mark) - 1, len(text)), 0, -1) if text.endswith(mark[:n])), 0)
