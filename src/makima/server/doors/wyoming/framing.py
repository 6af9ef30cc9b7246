"""Wyoming's frames: a line of JSON, then data, then a payload; each with a limit, as the port asks for no key."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

from wyoming.event import Event

from makima.errors import InvalidMessage

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
        header = _object(line)
        data = header.get("data") or {}
        length, payload_length = _length(header, "data_length"), _length(header, "payload_length")
        if length > MAX_DATA_BYTES or payload_length > MAX_PAYLOAD_BYTES:
            raise InvalidMessage("The event is too large.", mend="Send audio in smaller chunks.")
        if length:
            data = {**data, **_object(await reader.readexactly(length))}
        payload = await reader.readexactly(payload_length) if payload_length else None
    except asyncio.IncompleteReadError:
        return None
    except ValueError as exc:  # a line over the limit
        raise InvalidMessage("The event's line is too long.") from exc
    kind = header.get("type")
    if not isinstance(kind, str) or not isinstance(data, dict):
        raise InvalidMessage("The event has no type.")
    return Event(kind, data, payload)


def _object(data: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError) as exc:
        raise InvalidMessage("The event is not JSON.") from exc
    if not isinstance(fields, dict):
        raise InvalidMessage("The event is not a JSON object.")
    return fields


def _length(header: dict[str, Any], name: str) -> int:
    value = header.get(name) or 0
    if not isinstance(value, int) or value < 0:
        raise InvalidMessage(f"{name}: a whole number is needed.")
    return value
