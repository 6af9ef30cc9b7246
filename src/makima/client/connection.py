"""One socket of a server: opened with the key, read as JSON and PCM, closed in order."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from makima.client.errors import ServerError

Frame: TypeAlias = dict[str, Any] | bytes


class Connection:
    """A socket that is open."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def send(self, **fields: Any) -> None:
        """Send a message without the fields that are None.

        Raises: ServerError if the connection is lost
        """
        await self._sent(json.dumps({name: value for name, value in fields.items() if value is not None}))

    async def send_pcm(self, pcm: bytes) -> None:
        """Send audio. Raises: as `send`"""
        await self._sent(pcm)

    async def frames(self) -> AsyncIterator[Frame]:
        """What the server sends, until it closes.

        Raises: ServerError for an `error` message that ends the session, or if the connection is lost
        """
        try:
            async for frame in self._socket:
                yield frame if isinstance(frame, bytes) else json.loads(frame)
        except ConnectionClosed as exc:
            raise _lost(exc) from exc

    async def expect(self, kind: str) -> dict[str, Any]:
        """The next message of this type; others before it are skipped.

        Raises: ServerError
        """
        async for frame in self.frames():
            if isinstance(frame, bytes):
                continue
            if frame["type"] == "error":
                raise ServerError.of(frame)
            if frame["type"] == kind:
                return frame
        raise ServerError("CONNECTION", f"The server closed the connection before {kind!r}.", recoverable=True)

    async def _sent(self, data: str | bytes) -> None:
        try:
            await self._socket.send(data)
        except ConnectionClosed as exc:
            raise _lost(exc) from exc


@asynccontextmanager
async def opened(base_url: str, path: str, key: str | None) -> AsyncIterator[Connection]:
    """A socket at `path`, once the server is ready.

    Raises: ServerError if it cannot be reached, or does not let this key in
    """
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    url = base_url.replace("http", "ws", 1) + path
    try:
        async with connect(url, additional_headers=headers, max_size=None, proxy=None) as socket:
            connection = Connection(socket)
            await connection.expect("ready")
            yield connection
    except InvalidStatus as exc:
        raise ServerError("CONNECTION", f"{base_url} answers {exc.response.status_code}.") from exc
    except (OSError, InvalidHandshake) as exc:
        raise ServerError("CONNECTION", f"{base_url} cannot be reached: {exc}.", recoverable=True) from exc


_CODES = {4401: "UNAUTHORIZED", 4429: "RATE_LIMITED"}
"""Close codes that say more than that the connection is lost. The message before may not have been read."""


def _lost(exc: ConnectionClosed) -> ServerError:
    if exc.rcvd is not None and exc.rcvd.code in _CODES:
        return ServerError(_CODES[exc.rcvd.code], "The server does not let this key in, or not now.")
    why = exc.rcvd.reason if exc.rcvd is not None else ""
    return ServerError("CONNECTION", f"The connection was lost{f': {why}' if why else ''}.", recoverable=True)
