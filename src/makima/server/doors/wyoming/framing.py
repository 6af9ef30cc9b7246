"""Wyoming's frames: a line of JSON, then data, then a payload; each with a limit, as the port asks for no key."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from wyoming.event import Event

from makima.errors import InvalidMessage
from makima.server.doors.common.json_objects import json_object

MAX_LINE_BYTES: Final = 1024 * 1024
MAX_DATA_BYTES: Final = 1024 * 1024
MAX_PAYLOAD_BYTES: Final = 4 * 1024 * 1024
"""Forty seconds of stereo at 24 kHz in one frame."""


async def read_event(reader: asyncio.StreamReader) -> Event | None:
    """The next event; None once the client has closed the connection.

    Raises: InvalidMessage where it is none, after which nothing more can be read
    """
    try:
        line = await reader.readline()
        if not line:
            return None
        header = json_object(line, "event")
        kind, data = header.get("type"), header.get("data") or {}
        if not isinstance(kind, str):
            raise InvalidMessage("The event has no type.")
        if not isinstance(data, dict):
            raise InvalidMessage("The event's data is not a JSON object.")
        length, payload_length = _length(header, "data_length"), _length(header, "payload_length")
        if length > MAX_DATA_BYTES or payload_length > MAX_PAYLOAD_BYTES:
            raise InvalidMessage("The event is too large.", mend="Send audio in smaller chunks.")
        if length:
            data = {**data, **json_object(await reader.readexactly(length), "event's data")}
        # Empty rather than none: an audio chunk may have no audio in it.
        payload = await reader.readexactly(payload_length)
    except asyncio.IncompleteReadError:
        return None
    except ValueError as exc:  # a line over the limit
        raise InvalidMessage("The event's line is too long.") from exc
    return Event(kind, data, payload)


def _length(header: dict[str, Any], name: str) -> int:
    value = header.get(name) or 0
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidMessage(f"{name}: a whole number is needed.")
    return value
