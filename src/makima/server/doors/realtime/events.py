"""The events a Realtime session sends. Every field that some client's reader insists on is in them."""

from __future__ import annotations

from typing import Any

from makima.errors import MakimaError
from makima.server.doors.realtime.items import Item, new_id
from makima.server.error_map import INTERNAL, status

Event = dict[str, Any]


def event(kind: str, **fields: Any) -> Event:
    """One event, with an id of its own."""
    return {"type": kind, "event_id": new_id("event"), **fields}


def error(message: str, code: str | None, client_event_id: object = None, kind: str = "invalid_request_error") -> Event:
    """An error, which names the client's event if that had an id."""
    about = client_event_id if isinstance(client_event_id, str) else None
    return event("error", error={"type": kind, "code": code, "message": message, "param": None, "event_id": about})


def failure(exc: MakimaError, client_event_id: object = None) -> Event:
    """The error event for `exc`."""
    kind = "invalid_request_error" if status(exc) < INTERNAL else "server_error"
    return error(str(exc), exc.code.lower(), client_event_id, kind)


def item_added(item: Item, before: str | None) -> Event:
    return event("conversation.item.added", item=item.wire(), previous_item_id=before)


def item_done(item: Item, before: str | None) -> Event:
    return event("conversation.item.done", item=item.wire(), previous_item_id=before)


def transcription(kind: str, item_id: str, **fields: Any) -> Event:
    """`delta`, `completed` or `failed` of the words in an item's audio."""
    return event(f"conversation.item.input_audio_transcription.{kind}", item_id=item_id, content_index=0, **fields)
