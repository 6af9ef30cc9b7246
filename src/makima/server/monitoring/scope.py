"""Which door a piece of work came in by, and the ids it is known by in logs and traces.

A scope is set once for each request and socket, by `Scoped`, and is inherited by the tasks that are started in it. So
nothing between a door and the path that all speech takes has to pass it on.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

OTHER: Final = "other"

DOORS: Mapping[str, str] = MappingProxyType(
    {
        "/api/v1/speak": "speak",
        "/api/v1/listen": "listen",
        "/api/v1/tts": "tts",
        "/api/v1/voices": "voices",
        "/api/v1/dialogue": "dialogue",
        "/api/v1/jobs": "jobs",
        "/v1/audio": "openai",
        "/v1/models": "openai",
        "/v1/realtime": "realtime",
        "/v1/text-to-speech": "elevenlabs",
        "/v1/voices": "elevenlabs",
        "/v2/voices": "elevenlabs",
        "/tts": "cartesia",
        "/v1/speak": "deepgram",
        "/v2/speak": "deepgram",
        "/v1/listen": "deepgram",
    }
)
"""The doors by the paths below which they are. Wyoming's has a port of its own; what is in no door is `other`."""

WYOMING: Final = "wyoming"

_CLIENT_ID = re.compile(r"[\w.:-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Scope:
    """Where work came from. `trace` is the context of OpenTelemetry that its spans belong to, if traces are on."""

    door: str = OTHER
    session_id: str | None = None
    request_id: str | None = None
    trace: Any = None


_NONE: Final = Scope()
_current: ContextVar[Scope] = ContextVar("makima_scope")


def current() -> Scope:
    """The scope of the code that asks."""
    return _current.get(_NONE)


def enter(scope: Scope) -> None:
    """Set the scope of this task, and of those it starts."""
    _current.set(scope)


def door_of(path: str) -> str:
    """The door that a path belongs to."""
    parts = path.split("/")
    for length in range(len(parts), 1, -1):
        door = DOORS.get("/".join(parts[:length]))
        if door is not None:
            return door
    return OTHER


def new_session_id() -> str:
    """The id of this scope's session, or a new one outside of a socket."""
    return current().session_id or uuid.uuid4().hex[:12]


def request_id_of(offered: str | None) -> str:
    """The id that a client gave its request, if it can stand in a log as it is, or a new one."""
    if offered is not None and _CLIENT_ID.fullmatch(offered):
        return offered
    return f"req_{uuid.uuid4().hex}"
