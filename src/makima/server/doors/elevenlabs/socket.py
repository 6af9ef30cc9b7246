"""The two sockets of ElevenLabs: `stream-input` with one text, `multi-stream-input` with contexts side by side."""

from __future__ import annotations

import re

from fastapi import APIRouter, WebSocket

from makima.audio.muxing import make_muxer
from makima.errors import MakimaError
from makima.server.doors.common.context_socket import ContextSocket
from makima.server.doors.common.contexts import SpokenContext
from makima.server.doors.common.socket import fields_of
from makima.server.doors.common.speech import Spoken, Wish
from makima.server.doors.common.wishes import request_of
from makima.server.doors.elevenlabs import wire
from makima.server.services import Services

IDLE_FLUSH_S = 3.0
"""Without more text, what was sent is spoken as it is."""

_SENTENCE_END = re.compile(r"[.!?…。！？]['\"”’»)\]]*\s*$")


def router(services: Services) -> APIRouter:
    routes = APIRouter()

    @routes.websocket("/v1/text-to-speech/{voice}/stream-input")
    async def stream_input(websocket: WebSocket, voice: str) -> None:
        await ElevenLabsSocket(websocket, services, voice, multi=False).run()

    @routes.websocket("/v1/text-to-speech/{voice}/multi-stream-input")
    async def multi_stream_input(websocket: WebSocket, voice: str) -> None:
        await ElevenLabsSocket(websocket, services, voice, multi=True).run()

    return routes


class ElevenLabsSocket(ContextSocket["_Context"]):
    """One client's socket. With `multi` each context has a name; without, there is one, which ends the socket."""

    def __init__(self, websocket: WebSocket, services: Services, voice: str, *, multi: bool) -> None:
        super().__init__(websocket, services)
        self._voice = voice
        self._multi = multi
        self._left: list[_Context] = []

    async def serve(self) -> None:
        query = self.websocket.query_params
        self.form = wire.output_format(query.get("output_format"))
        self._auto = query.get("auto_mode", "").lower() == "true"
        self._request = request_of(self.services, self._voice, query.get("language_code"), session_id=self.session_id)
        async for frame in self.frames():
            name: str | None = None
            try:
                fields = fields_of(frame)
                found = fields.get("context_id")
                name = found if self._multi and isinstance(found, str) else None
                if await self._apply(wire.decode(fields)):
                    return
            except MakimaError as exc:
                self.services.metrics.count_error(exc)
                await self.send(wire.error(exc, name))

    async def fail(self, exc: MakimaError) -> None:
        await self.send(wire.error(exc, None))

    async def _apply(self, message: wire.Message) -> bool:
        """Apply a message. True if it ends the session."""
        name = (message.context_id or "default") if self._multi else None
        context = self.contexts.get(name)
        if message.close_socket:
            await self.finish()
            return True
        if message.close_context:
            if context is not None and not context.spoken.closed:
                await context.spoken.close()
            elif context is not None and context not in self._left:
                self._left.append(context)
            return False
        if message.text == "" and not self._multi:  # the end of the text
            await self._context(name, message).spoken.close()
            await self._context(name, message).spoken.wait()
            return True
        if message.text:
            if context is None:
                await self._drop_left()
            context = self._context(name, message)
            await context.spoken.feed(message.text)
        if context is not None and self._due(message):
            await context.spoken.flush()
        return False

    async def _drop_left(self) -> None:
        """End the contexts that were closed twice, as another one begins.

        The protocol cannot cancel. Pipecat closes a reply's context once, and again where the user has interrupted it.
        """
        while self._left:
            await self._left.pop().drop()

    def _due(self, message: wire.Message) -> bool:
        """Whether what was sent is to be spoken without waiting for more."""
        whole = self._auto and message.text is not None and _SENTENCE_END.search(message.text) is not None
        return message.flush or whole

    def _context(self, name: str | None, message: wire.Message) -> _Context:
        context = self.contexts.get(name)
        if context is not None and not (self._multi and context.spoken.closed):
            return context
        self.check_room("Close some.")
        wish = Wish(self._request, self.form.rate_hz, message.speed)
        context = self.contexts[name] = _Context(self, name, wish)
        return context


class _Context:
    """One context, and where its audio goes."""

    def __init__(self, socket: ElevenLabsSocket, name: str | None, wish: Wish) -> None:
        self.name = name
        self._socket = socket
        form = socket.form
        self._muxer = make_muxer(form.form, form.rate_hz, form.bit_rate)
        self._alignment = wire.Alignment()
        self.spoken = SpokenContext(socket.services, socket.who, wish, self, IDLE_FLUSH_S)

    async def drop(self) -> None:
        """End it before its audio has, if it has not ended by itself."""
        if self._socket.contexts.get(self.name) is self:
            await self.spoken.cancel()
            self._socket.forget(self)
            await self._socket.send(wire.final(self.name))

    # What the context calls, as an Outlet:

    async def audio(self, spoken: Spoken, offset_s: float) -> None:
        alignment = self._alignment.take(spoken.words, offset_s)
        data = self._muxer.push(spoken.pcm)
        if data or alignment is not None:
            await self._socket.send(wire.audio(data, alignment, self.name))

    async def flushed(self, mark: int) -> None:
        pass

    async def done(self) -> None:
        if rest := self._muxer.finish():
            await self._socket.send(wire.audio(rest, None, self.name))
        self._socket.forget(self)
        await self._socket.send(wire.final(self.name))

    async def failed(self, exc: MakimaError) -> None:
        self._socket.forget(self)
        await self._socket.send(wire.error(exc, self.name))
