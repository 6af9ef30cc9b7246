"""What both sockets of the API share: opening, tokens, reading and sending with a time limit, closing."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect

from makima.audio.pcm import Encoding
from makima.errors import MakimaError, Timeout, Unauthorized
from makima.server import wire
from makima.server.access.credentials import answered_subprotocol, credential
from makima.server.auth import Identity
from makima.server.error_map import CLOSE_LOST, close_code
from makima.server.limits import pace

if TYPE_CHECKING:
    from makima.server.services import Services

TOKEN_WAIT_S = 10.0
"""How long a socket without a token may stay open before its `start` brings one."""

REFUSAL_CHARACTERS = 200
"""What a message that is refused counts as."""

AUDIO_FORMATS: Mapping[str, object] = MappingProxyType(
    {
        "sampleRates": (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000),
        "encodings": tuple(encoding.value for encoding in Encoding),
    }
)
"""What `ready` lists. Any whole rate between the first and the last is accepted."""


FrameT = TypeVar("FrameT")


class ClientSocket(ABC, Generic[FrameT]):
    """One client's socket. A subclass says what its messages are and what they do."""

    def __init__(self, websocket: WebSocket, services: Services) -> None:
        self.websocket = websocket
        self.services = services
        address = websocket.client.host if websocket.client else "unknown"
        self.who = services.limits.in_session(Identity(None, address))

    @abstractmethod
    def decode(self, frame: str | bytes) -> FrameT:
        """The client's message in one frame.

        Raises: InvalidMessage
        """

    @abstractmethod
    def token_in(self, frame: FrameT) -> str | None:
        """The token that this message brings, if it is a `start` with one."""

    @abstractmethod
    def ready(self) -> dict[str, object]:
        """The server's first message.

        Raises: MakimaError if the server cannot serve such a session
        """

    @abstractmethod
    async def serve(self, frames: AsyncIterator[FrameT]) -> None:
        """Apply the client's messages until the session ends. The client is identified."""

    @abstractmethod
    async def drain(self) -> None:
        """End the session once its work is done: the server is shutting down."""

    @abstractmethod
    def closed(self) -> None:
        """Free what the session uses. Called once the socket is closed."""

    async def run(self) -> None:
        """Serve the socket until it is closed."""
        offered: list[str] = self.websocket.scope.get("subprotocols", [])
        await self.websocket.accept(answered_subprotocol(offered))
        self.services.sockets.add(self)
        try:
            await self.send(self.ready())
            await self.serve(await self._identified(credential(self.websocket.headers, offered)))
        except WebSocketDisconnect:
            pass
        except MakimaError as exc:
            await self.refuse(exc)
        finally:
            self.closed()
            self.services.sockets.discard(self)

    async def identify(self, token: str | None) -> None:
        """Set who the client is.

        Raises: Unauthorized
        """
        known = await self.services.tokens.identity(token, self.who.address)
        self.who = replace(self.who, subject=known.subject, limits=known.limits)

    async def send(self, message: dict[str, object]) -> None:
        """Send a message.

        Raises: Timeout if the client does not read; WebSocketDisconnect if the socket is closed
        """
        await self._send(self.websocket.send_text, wire.encode(message))

    async def send_pcm(self, data: bytes) -> None:
        """Send audio.

        Raises: Timeout if the client does not read; WebSocketDisconnect if the socket is closed
        """
        await self._send(self.websocket.send_bytes, data)

    async def send_error(self, exc: MakimaError, request_id: str | None = None) -> None:
        """Send `exc` as an `error` message, and count it."""
        self.services.metrics.count_error(exc)
        await self.send(wire.error(exc, request_id))

    async def send_refusal(self, exc: MakimaError, request_id: str | None = None, *, is_open: bool = False) -> None:
        """Send `exc`, which refuses a message and ends no utterance, and count it."""
        await pace(self.who, REFUSAL_CHARACTERS)
        self.services.metrics.count_error(exc)
        await self.send(wire.refusal(exc, request_id, is_open=is_open))

    async def close(self, code: int) -> None:
        """Close the socket.

        Raises: Timeout if the client does not read; WebSocketDisconnect if it is closed already
        """
        await self._send(self.websocket.close, code)

    async def refuse(self, exc: MakimaError) -> None:
        """Send the error and close the socket, even if the error cannot be sent."""
        with contextlib.suppress(WebSocketDisconnect, Timeout):
            await self.send_error(exc)
        with contextlib.suppress(WebSocketDisconnect, Timeout):
            await self.close(close_code(exc))

    async def _identified(self, token: str | None) -> AsyncIterator[FrameT]:
        """The client's messages, once its token was checked. A `start` that brought the token is among them."""
        frames = self._frames()
        if token is not None or not self.services.tokens.required:
            await self.identify(token)
            return frames
        try:
            async with asyncio.timeout(TOKEN_WAIT_S):
                first = await anext(frames)
        except TimeoutError as exc:
            raise Unauthorized(f"No token came within {TOKEN_WAIT_S:.0f} s.") from exc
        await self.identify(self.token_in(first))
        return _with_first(first, frames)

    async def _frames(self) -> AsyncIterator[FrameT]:
        """The client's messages. A frame that cannot be decoded is answered with an error.

        Raises: WebSocketDisconnect when the client has closed the socket
        """
        async for frame in received(self.websocket):
            try:
                message = self.decode(frame)
            except MakimaError as exc:
                await self.send_refusal(exc)
                continue
            yield message

    async def _send(self, send: Callable[[Any], Awaitable[None]], data: str | bytes | int) -> None:
        await send_within(self.services.settings.client_timeout_s, send, data)


async def received(websocket: WebSocket) -> AsyncIterator[str | bytes]:
    """The frames of a socket.

    Raises: WebSocketDisconnect when the client has closed the socket
    """
    while True:
        frame = await websocket.receive()
        if frame["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(frame.get("code", CLOSE_LOST))
        data = frame.get("bytes")
        yield frame.get("text") or "" if data is None else data


async def send_within(wait_s: float, send: Callable[[Any], Awaitable[None]], data: str | bytes | int) -> None:
    """Send, for at most `wait_s`.

    Raises: Timeout if the client does not read; WebSocketDisconnect if the socket is closed
    """
    try:
        async with asyncio.timeout(wait_s):
            await send(data)
    except TimeoutError as exc:
        raise Timeout(f"The client has read nothing for {wait_s:.0f} s.") from exc
    except RuntimeError as exc:  # how Starlette and uvicorn report a socket that is closed
        raise WebSocketDisconnect from exc


async def _with_first(first: FrameT, frames: AsyncIterator[FrameT]) -> AsyncIterator[FrameT]:
    yield first
    async for frame in frames:
        yield frame
