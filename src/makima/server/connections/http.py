"""uvicorn's HTTP protocol, with bounds on what a request's head may hold."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from http import HTTPStatus
from typing import Any

import h11
from starlette.types import Receive, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_HEAD_BYTES = 64 * 1024
"""Of a request's target and headers together: several times what browsers send for one site."""
MAX_HEADERS = 128
MAX_UPGRADE_LINE_BYTES = 8_000
"""Of one header that opens a WebSocket: `websockets` reads no line of more than 8,192 bytes."""

HEAD_S = 30.0
"""From a connection's first moment, or the first byte of a further request, to the end of its head."""

TRANSPORT = "makima.transport"
"""In the `state` of a request's scope: its `asyncio.Transport`, for an answer that has to be broken off."""


class HttpProtocol(H11Protocol):
    """One connection. A head that is too large is answered with 431, in words, and the connection is closed."""

    conn: _BoundedConnection
    _head_timer: asyncio.TimerHandle | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn = _BoundedConnection()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, TRANSPORT: transport}
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch_head()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_head()
        super().connection_lost(exc)

    def _watch_head(self) -> None:
        """Give a head that is to come its time."""
        if not self._awaits_head():
            self._forget_head()
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_S, self._head_is_late)

    def _awaits_head(self) -> bool:
        """Whether a first head, or the rest of a further one, has still to come."""
        if self.transport.is_closing() or self.transport.get_protocol() is not self:  # a WebSocket, since its head came
            return False
        return self.conn.their_state is h11.IDLE and (self.cycle is None or bool(self.conn.trailing_data[0]))

    def _forget_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        self._refuse(HTTPStatus.REQUEST_TIMEOUT, "The request's headers did not come in time.\n")

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        if any(_size(name, value) > MAX_UPGRADE_LINE_BYTES for name, value in self.headers):
            self._refuse_head()
            return
        super().handle_websocket_upgrade(event)

    def send_400_response(self, msg: str) -> None:
        cycle = self.cycle
        under_way = cycle is not None and not cycle.response_complete
        if under_way:
            # The application must not answer any more, which the state of the connection does not allow.
            cycle.disconnected = True
            cycle.message_event.set()
        if under_way and cycle.response_started:
            reset(self.transport)
        elif self.conn.head_too_large:
            self._refuse_head()
        else:
            super().send_400_response(msg)

    def _refuse_head(self) -> None:
        self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers of the request are too large.\n")

    def _refuse(self, status: HTTPStatus, words: str) -> None:
        # Written as it is: the state of the connection may not allow a body, as after HEAD, and it ends here anyway.
        self.transport.write(
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n"
            f"content-length: {len(words)}\r\nconnection: close\r\n\r\n{words}".encode()
        )
        self.transport.close()


class _BoundedConnection(h11.Connection):
    """h11 bounds a head that comes in pieces. This bounds one that comes at once, too."""

    def __init__(self) -> None:
        super().__init__(h11.SERVER, MAX_HEAD_BYTES)
        self.head_too_large = False

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        try:
            event = super().next_event()
        except h11.RemoteProtocolError as exc:
            self.head_too_large = exc.error_status_hint == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise
        if isinstance(event, h11.Request):
            head_bytes = len(event.target) + sum(_size(name, value) for name, value in event.headers)
            if head_bytes > MAX_HEAD_BYTES or len(event.headers) > MAX_HEADERS:
                self.head_too_large = True
                raise h11.RemoteProtocolError("The head is too large.")
        return event


def _size(name: bytes, value: bytes) -> int:
    return len(name) + len(value) + len(b": \r\n")


def reset(transport: asyncio.BaseTransport) -> None:
    """Drop a connection so that its client hears of a failure rather than of an end."""
    if (open_socket := transport.get_extra_info("socket")) is not None:
        open_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


async def break_off(scope: Scope, receive: Receive) -> None:
    """End an answer that has begun so that its client cannot take it for whole, however it is framed."""
    transport = scope.get("state", {}).get(TRANSPORT)
    if transport is None:  # not under this protocol, as in tests of the application alone
        return
    if scope["http_version"] == "1.1":
        transport.close()  # after what was sent; the last chunk is missing
    else:
        reset(transport)  # a body without chunks ends where its connection does
    with contextlib.suppress(TimeoutError):  # uvicorn has no complaint about an answer whose client has left
        async with asyncio.timeout(1.0):
            while (await receive())["type"] != "http.disconnect":
                pass
