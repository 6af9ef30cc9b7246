"""Text that arrives after its utterance has ended."""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_LATE = 64
"""Utterances that are remembered. Beyond it, the oldest are forgotten."""


@dataclass
class LateText:
    """Which utterances ended while their texts were being written: the rest of each, up to its `end`, is dropped."""

    _ids: dict[str, None] = field(default_factory=dict)
    # The one that text without an id belongs to, until the text of another begins.
    _unnamed: str | None = None

    def add(self, request_id: str) -> None:
        """This utterance has ended, and its text has not."""
        self._unnamed = request_id
        self._ids[request_id] = None
        if len(self._ids) > MAX_LATE:
            del self._ids[next(iter(self._ids))]

    def has(self, request_id: str | None) -> bool:
        """Whether text or its end, with or without an id, belongs to one of them, if no other is being written."""
        return self._unnamed is not None if request_id is None else request_id in self._ids

    def end(self, request_id: str | None) -> None:
        """The end of a text has arrived."""
        ended = self._unnamed if request_id is None else request_id
        if ended is not None:
            self._ids.pop(ended, None)
        if ended == self._unnamed:
            self._unnamed = None

    def another_begins(self) -> None:
        """Text without an id does not belong to any of them from now on."""
        self._unnamed = None
