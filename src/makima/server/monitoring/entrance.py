"""Middleware around all doors: sets the scope, names the request to the client, logs and traces it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Connection

from makima.server.monitoring import scope as scopes
from makima.server.monitoring.logs import access
from makima.server.monitoring.scope import Scope, door_of, request_id_of
from makima.server.monitoring.tracing import Tracing

REQUEST_ID = "x-request-id"

PROBES: Final = ("/health", "/ready", "/metrics")
"""What is asked every few seconds, and not logged."""


class Entrance:
    """The outermost middleware. Requests get an id in `x-request-id`: the client's own if it sent one."""

    def __init__(self, app: ASGIApp, tracing: Tracing | None) -> None:
        self._app = app
        self._tracing = tracing

    async def __call__(self, connection: Connection, receive: Receive, send: Send) -> None:
        match connection["type"]:
            case "http":
                await self._request(connection, receive, send)
            case "websocket":
                await self._socket(connection, receive, send)
            case _:
                await self._app(connection, receive, send)

    async def _request(self, connection: Connection, receive: Receive, send: Send) -> None:
        headers = Headers(scope=connection)
        entered = Scope(door_of(connection["path"]), request_id=request_id_of(headers.get(REQUEST_ID)))
        began_s, status = time.monotonic(), 0

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = entered.request_id or ""
            await send(message)

        with self._in(entered, f"{connection['method']} {entered.door}", headers):
            try:
                await self._app(connection, receive, sent)
            finally:
                took_ms = round((time.monotonic() - began_s) * 1000, 1)
                # The path as it is routed: one that was asked for may hold anything.
                route = getattr(connection.get("route"), "path", None)
                if route not in PROBES:
                    access("request", method=connection["method"], route=route, status=status, durationMs=took_ms)

    async def _socket(self, connection: Connection, receive: Receive, send: Send) -> None:
        entered = Scope(door_of(connection["path"]), session_id=uuid.uuid4().hex[:12])
        began_s = time.monotonic()
        with self._in(entered, f"session {entered.door}", Headers(scope=connection)):
            access("session opened")
            try:
                await self._app(connection, receive, send)
            finally:
                access("session closed", durationMs=round((time.monotonic() - began_s) * 1000, 1))

    @contextmanager
    def _in(self, entered: Scope, name: str, headers: Headers) -> Iterator[None]:
        if self._tracing is None:
            scopes.enter(entered)
            yield
            return
        with self._tracing.entrance(entered, name, headers) as traced:
            scopes.enter(traced)
            yield
