"""What the sockets of hosted services share: who comes in, reading and sending with a time limit, leaving."""

from __future__ import annotations

import contextlib
import json
import logging
import uuid
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from fastapi import Request, WebSocket
from starlette.websockets import WebSocketDisconnect

from makima.errors import EngineError, InvalidMessage, MakimaError
from makima.server import error_map
from makima.server.access.credentials import answered_subprotocol, credential
from makima.server.auth import Identity
from makima.server.client_socket import received, send_within
from makima.server.doors.common.json_objects import json_object

if TYPE_CHECKING:
    from makima.server.services import Services

log = logging.getLogger(__name__)

MAX_FRAME_CHARACTERS = 8 * 1024 * 1024
"""Of a JSON frame: half a minute of audio as base64 fits twice."""

Fields = Mapping[str, Any]


async def identify(request: Request | WebSocket, services: Services) -> Identity:
    """Who sends this request, by the key in any of the places where clients put it.

    Raises: Unauthorized
    """
    address = request.client.host if request.client else "unknown"
    token = credential(request.headers, request.scope.get("subprotocols", ()), request.query_params)
    return await services.tokens.identity(token, address)


class DoorSocket(ABC):
    """One client's socket. A subclass says what its frames mean."""

    def __init__(self, websocket: WebSocket, services: Services) -> None:
        self.websocket = websocket
        self.services = services
        self.who = Identity(None, "unknown")
        self.session_id = f"door-{uuid.uuid4()}"

    @abstractmethod
    async def serve(self) -> None:
        """Answer the client's frames until the session ends. The socket is open, and the client known."""

    @abstractmethod
    async def fail(self, exc: MakimaError) -> None:
        """Tell the client of an error, in the words of the service."""

    @abstractmethod
    async def finish(self) -> None:
        """Bring what is being spoken to its end: the server is shutting down."""

    @abstractmethod
    async def released(self) -> None:
        """Free what the session uses. Called once the socket is closed."""

    async def run(self) -> None:
        """Serve the socket until it is closed."""
        try:
            self.who = self.services.limits.in_session(await identify(self.websocket, self.services))
            self.services.refuse_while_draining()
            with self.services.limits.session(self.who):
                await self.websocket.accept(answered_subprotocol(self.websocket.scope.get("subprotocols", ())))
                await self._run()
        except MakimaError as exc:
            self.services.metrics.count_error(exc)
            await self.websocket.send_denial_response(error_map.openai_response(exc))

    async def _run(self) -> None:
        self.services.sockets.add(self)
        try:
            with self.services.metrics.session():
                await self.serve()
            await self.close()
        except WebSocketDisconnect:
            pass
        except MakimaError as exc:
            await self.refuse(exc)
        except Exception:
            log.exception("a session failed")
            await self.refuse(EngineError("The session failed."))
        finally:
            self.services.sockets.discard(self)
            await self.released()

    async def drain(self) -> None:
        """Finish, then close: the server is shutting down."""
        with contextlib.suppress(MakimaError, WebSocketDisconnect):
            await self.finish()
            await self.close(error_map.CLOSE_GOING_AWAY)

    async def refuse(self, exc: MakimaError) -> None:
        """Send the error and close the socket, even if the error cannot be sent."""
        self.services.metrics.count_error(exc)
        with contextlib.suppress(WebSocketDisconnect, MakimaError):
            await self.fail(exc)
        with contextlib.suppress(WebSocketDisconnect, MakimaError):
            await self.close(error_map.close_code(exc))

    def frames(self) -> AsyncIterator[str | bytes]:
        """The client's frames. Raises: as `received`"""
        return received(self.websocket)

    async def send(self, fields: Fields) -> None:
        """Send a JSON frame.

        Raises: Timeout if the client does not read; WebSocketDisconnect if the socket is closed
        """
        # Escaped to ASCII, as a name that a client gave may hold half of a surrogate pair, which UTF-8 cannot carry.
        text = json.dumps(fields, separators=(",", ":"))
        await self._send(self.websocket.send_text, text)

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary frame. Raises: as `send`"""
        await self._send(self.websocket.send_bytes, data)

    async def close(self, code: int = error_map.CLOSE_NORMAL) -> None:
        """Close the socket. Raises: as `send`"""
        await self._send(self.websocket.close, code)

    async def _send(self, send: Callable[[Any], Awaitable[None]], data: str | bytes | int) -> None:
        await send_within(self.services.settings.client_timeout_s, send, data)


def fields_of(frame: str | bytes) -> dict[str, Any]:
    """The object in a JSON frame.

    Raises: InvalidMessage
    """
    if isinstance(frame, bytes):
        raise InvalidMessage("A text frame with JSON is needed.")
    if len(frame) > MAX_FRAME_CHARACTERS:
        raise InvalidMessage(f"The frame is larger than {MAX_FRAME_CHARACTERS >> 20} MiB.")
    return json_object(frame, "frame")
