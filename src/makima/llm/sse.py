"""Server-sent events, taken apart as they come."""

from __future__ import annotations

MAX_EVENT_BYTES = 8 * 1024 * 1024
"""Of one event, or a line that does not end. A token and what is told about it take some hundred bytes; some endpoints
send a whole answer as one event."""


class EventParser:
    """Takes a stream in any pieces and gives back the data of its events.

    Lines end in CR, LF or both. Fields other than `data`, and comments, which servers send to keep a connection alive,
    are dropped. The standard has no spaces round the name of a field; other clients take them, and so does this.
    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html, section 9.2.6
    """

    def __init__(self) -> None:
        self._rest = bytearray()
        self._data: list[bytes] = []
        self._data_bytes = 0
        self._after_cr = False

    def feed(self, piece: bytes) -> list[str]:
        """The data of the events that are complete now. What is not UTF-8 is replaced, as the standard says.

        Raises: ValueError where an event is too long
        """
        if self._after_cr and piece:
            piece, self._after_cr = piece.removeprefix(b"\n"), False
        self._after_cr = piece.endswith(b"\r")
        first, *more = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._rest += first
        events = []
        for line in more:
            if (event := self._line(bytes(self._rest))) is not None:
                events.append(event)
            self._rest = bytearray(line)
        if len(self._rest) + self._data_bytes > MAX_EVENT_BYTES:
            raise ValueError(f"an event of more than {MAX_EVENT_BYTES} bytes")
        return events

    def flush(self) -> list[str]:
        """The data of an event whose end never came. The standard drops it; some servers end their last one so."""
        events = [self._line(bytes(self._rest)), self._line(b"")]
        self._rest.clear()
        return [event for event in events if event is not None]

    def _line(self, line: bytes) -> str | None:
        if not line.strip():
            event = b"\n".join(self._data).decode(errors="replace") if self._data else None
            self._data, self._data_bytes = [], 0
            return event
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"data":
            self._data.append(value.removeprefix(b" "))
            self._data_bytes += len(value) + 1
        return None
