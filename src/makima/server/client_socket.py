"""What the sockets of the API share: who the client is, and sending with patience."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect

from makima.errors import MakimaError, Timeout
from makima.server import wire
from makima.server.auth import Identity, bearer_token, chosen_subprotocol
from makima.server.error_map import close_code
from makima.server.services import Services


class ClientSocket:
    """One client's socket."""

    def __init__(self, websocket: WebSocket, services: Services) -> None:
        self.websocket = websocket
        self.services = services
        self.who = Identity(None, websocket.client.host if websocket.client else "unknown")

    async def accept(self) -> str | None:
        """Open the socket; the token that came with the request, if one did."""
        offered: list[str] = self.websocket.scope.get("subprotocols", [])
        await self.websocket.accept(chosen_subprotocol(offered))
        return bearer_token(self.websocket.headers, offered)

    async def identify(self, token: str | None) -> None:
        """Find out who the client is.

        Raises: Unauthorized
        """
        self.who = Identity(await self.services.tokens.subject(token), self.who.address)

    async def send(self, message: dict[str, object]) -> None:
        """Send a message.

        Raises: Timeout where the client does not read
        """
        await self._patiently(self.websocket.send_text, wire.encode(message))

    async def send_error(self, exc: MakimaError) -> None:
        """Send `exc` as an `error` message."""
        self.services.metrics.count_error(exc)
        await self.send(wire.error(exc))

    async def refuse(self, exc: MakimaError) -> None:
        """Say why this cannot go on, and close."""
        # Each by itself: whoever does not read the error is closed all the same.
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, Timeout):
            await self.send_error(exc)
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, Timeout):
            await self._patiently(self.websocket.close, close_code(exc))

    async def _patiently(self, send: Callable[[Any], Awaitable[None]], data: str | bytes | int) -> None:
        wait_s = self.services.settings.client_timeout_s
        try:
            async with asyncio.timeout(wait_s):
                await send(data)
        except TimeoutError as exc:
            raise Timeout(f"The client has read nothing for {wait_s:.0f} s.") from exc
