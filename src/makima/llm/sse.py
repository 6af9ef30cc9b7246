"""Server-sent events, taken apart as they come."""

from __future__ import annotations

MAX_EVENT_BYTES = 1024 * 1024
"""Of one event, or a line that does not end. A token and what is told about it take some hundred bytes."""


class EventParser:
    """Takes a stream in any pieces and gives back the data of its events.

    Fields other than `data`, and comments, which servers send to keep a connection alive, are dropped.
    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html, section 9.2.6
    """

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, piece: bytes) -> list[str]:
        """The data of the events that are complete now.

        Raises: ValueError where an event is too long, or is not UTF-8
        """
        lines = (self._rest + piece).replace(b"\r\n", b"\n").split(b"\n")
        self._rest = lines.pop()
        events = []
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[5:].removeprefix(b" "))
            elif not line.rstrip(b"\r") and self._data:
                events.append(b"\n".join(self._data).decode())
                self._data.clear()
        if len(self._rest) + sum(map(len, self._data)) > MAX_EVENT_BYTES:
            raise ValueError(f"an event of more than {MAX_EVENT_BYTES} bytes")
        return events
