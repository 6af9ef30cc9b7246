"""`WS /tts/websocket`: contexts side by side on one socket, as Cartesia's clients speak to it."""

from __future__ import annotations

import itertools
import time

from fastapi import APIRouter, WebSocket

from makima.errors import MakimaError
from makima.server.doors.cartesia import wire
from makima.server.doors.cartesia.encoding import Encoder
from makima.server.doors.common.context_socket import ContextSocket
from makima.server.doors.common.contexts import SpokenContext
from makima.server.doors.common.socket import fields_of
from makima.server.doors.common.speech import Spoken, Wish
from makima.server.doors.common.wishes import request_of
from makima.server.error_map import status
from makima.server.services import Services


def router(services: Services) -> APIRouter:
    routes = APIRouter()

    @routes.websocket("/tts/websocket")
    async def tts(websocket: WebSocket) -> None:
        await CartesiaSocket(websocket, services).run()

    return routes


class CartesiaSocket(ContextSocket["_Context"]):
    """One client's socket."""

    def __init__(self, websocket: WebSocket, services: Services) -> None:
        super().__init__(websocket, services)
        self._names = itertools.count(1)

    async def serve(self) -> None:
        async for frame in self.frames():
            context_id: str | None = None
            try:
                fields = fields_of(frame)
                found = fields.get("context_id")
                context_id = found if isinstance(found, str) else None
                await self._apply(wire.decode(fields))
            except MakimaError as exc:
                self.services.metrics.count_error(exc)
                await self.send(wire.error(context_id, exc, status(exc)))

    async def fail(self, exc: MakimaError) -> None:
        await self.send(wire.error(None, exc, status(exc)))

    async def _apply(self, request: wire.Request) -> None:
        name = request.context_id or f"context-{next(self._names)}"
        context = self.contexts.get(name)
        if request.cancel:
            if context is not None:
                await context.spoken.cancel()
                self.forget(context)
            return
        if context is None or context.spoken.closed:
            context = self._opened(name, request)
        await context.take(request)

    def _opened(self, name: str, request: wire.Request) -> _Context:
        self.check_room("End some with continue: false.")
        context = self.contexts[name] = _Context(self, name, request)
        return context


class _Context:
    """One context, and where its audio goes."""

    def __init__(self, socket: CartesiaSocket, name: str, request: wire.Request) -> None:
        self.name = name
        self._socket = socket
        self._timestamps = request.add_timestamps
        form = request.output_format
        self._encoder = Encoder(form)
        self._flushes = itertools.count(1)
        self._last = ""
        self._step_s = time.monotonic()
        asked = request_of(socket.services, request.voice_name, request.language, session_id=socket.session_id)
        wish = Wish(asked, form.sample_rate, request.tempo)
        self.spoken = SpokenContext(socket.services, socket.who, wish, self, request.max_buffer_delay_ms / 1000)

    async def take(self, request: wire.Request) -> None:
        """Add the request's text, and end the context if it is the last."""
        if request.transcript:
            text = wire.joined(self._last, request.transcript)
            self._last = text
            await self.spoken.feed(text)
        if request.flush:
            await self.spoken.flush(next(self._flushes))
        if not request.more:
            await self.spoken.close()

    # What the context calls, as an Outlet:

    async def audio(self, spoken: Spoken, offset_s: float) -> None:
        if self._timestamps and spoken.words:
            await self._socket.send(wire.timestamps(self.name, spoken.words, offset_s))
        if data := self._encoder.push(spoken.pcm):
            now_s = time.monotonic()
            await self._socket.send(wire.chunk(self.name, data, (now_s - self._step_s) * 1000))
            self._step_s = now_s

    async def flushed(self, mark: int) -> None:
        await self._socket.send(wire.flush_done(self.name, mark))

    async def done(self) -> None:
        if rest := self._encoder.finish():
            await self._socket.send(wire.chunk(self.name, rest, 0.0))
        self._socket.forget(self)
        await self._socket.send(wire.done(self.name))

    async def failed(self, exc: MakimaError) -> None:
        self._socket.forget(self)
        await self._socket.send(wire.error(self.name, exc, status(exc)))
