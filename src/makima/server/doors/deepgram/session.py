"""What both of Deepgram's sockets share: what the client asks for in the address, and its messages one by one."""

from __future__ import annotations

import uuid
from abc import abstractmethod

from fastapi import WebSocket

from makima.errors import MakimaError
from makima.server.doors.common.contexts import SpokenContext
from makima.server.doors.common.socket import DoorSocket, fields_of
from makima.server.doors.common.speech import Wish
from makima.server.doors.common.wishes import request_of
from makima.server.doors.deepgram.wire import Asked, asked
from makima.server.services import Services


class DeepgramSession(DoorSocket):
    """One client's socket. A subclass says how it greets, and what messages mean."""

    def __init__(self, websocket: WebSocket, services: Services) -> None:
        super().__init__(websocket, services)
        self._context: SpokenContext | None = None

    async def serve(self) -> None:
        self.asked: Asked = asked(self.websocket.query_params, streamed=True)
        request = request_of(self.services, self.asked.model, session_id=self.session_id)
        self._wish = Wish(request, self.asked.rate_hz, self.asked.speed)
        await self.greet(request.voice, str(uuid.uuid5(uuid.NAMESPACE_URL, request.voice)))
        async for frame in self.frames():
            try:
                if await self.apply(fields_of(frame)):
                    return
            except MakimaError as exc:
                self.services.metrics.count_error(exc)
                await self.fail(exc)

    @abstractmethod
    async def greet(self, voice: str, uid: str) -> None:
        """Tell the client which voice speaks."""

    @abstractmethod
    async def apply(self, fields: dict[str, object]) -> bool:
        """Apply a message. True if it ends the session."""

    async def released(self) -> None:
        if self._context is not None:
            await self._context.cancel()
