"""`WS /v1/speak`: texts in, PCM out, as Deepgram's clients speak to it."""

from __future__ import annotations

import itertools
import uuid

from fastapi import APIRouter, WebSocket

from makima.audio.muxing import make_muxer
from makima.errors import MakimaError
from makima.server.doors.common.contexts import SpokenContext
from makima.server.doors.common.speech import Spoken
from makima.server.doors.deepgram.session import DeepgramSession
from makima.server.doors.deepgram.wire import Asked, text_of
from makima.server.services import Services


def router(services: Services) -> APIRouter:
    routes = APIRouter()

    @routes.websocket("/v1/speak")
    async def speak(websocket: WebSocket) -> None:
        await DeepgramSocket(websocket, services).run()

    return routes


class DeepgramSocket(DeepgramSession):
    """One client's socket: one context after the other, each until it is cleared."""

    def __init__(self, websocket: WebSocket, services: Services) -> None:
        super().__init__(websocket, services)
        self._sequence = itertools.count()

    async def greet(self, voice: str, uid: str) -> None:
        names = {"model_name": voice, "model_version": "1", "model_uuid": uid}
        await self.send({"type": "Metadata", "request_id": str(uuid.uuid4()), **names})

    async def fail(self, exc: MakimaError) -> None:
        code, text = exc.code, str(exc)
        await self.send({"type": "Error", "code": code, "description": text, "err_code": code, "err_msg": text})

    async def finish(self) -> None:
        if self._context is not None:
            await self._context.close()
            await self._context.wait()

    async def apply(self, fields: dict[str, object]) -> bool:
        match fields.get("type"):
            case "Speak":
                await self._speaking().feed(text_of(fields))
            case "Flush":
                await self._speaking().flush(next(self._sequence))
            case "Clear":
                if self._context is not None:
                    await self._context.cancel()
                    self._context = None
                await self.send({"type": "Cleared", "sequence_id": next(self._sequence)})
            case "Close":
                await self.finish()
                return True
            case "KeepAlive":
                pass
            case kind:
                text = f"A message was ignored: its type {str(kind)[:40]!r} is not Speak, Flush, Clear or Close."
                code = "UNKNOWN_MESSAGE"
                # Under both names that clients of several ages read.
                await self.send(
                    {"type": "Warning", "code": code, "description": text, "warn_code": code, "warn_msg": text}
                )
        return False

    def _speaking(self) -> SpokenContext:
        if self._context is None or self._context.closed:
            self._context = SpokenContext(self.services, self.who, self._wish, _Outlet(self, self.asked))
        return self._context


class _Outlet:
    def __init__(self, socket: DeepgramSocket, wanted: Asked) -> None:
        self._socket = socket
        self._muxer = make_muxer(wanted.form, wanted.rate_hz)

    async def audio(self, spoken: Spoken, offset_s: float) -> None:
        if data := self._muxer.push(spoken.pcm):
            await self._socket.send_bytes(data)

    async def flushed(self, mark: int) -> None:
        await self._socket.send({"type": "Flushed", "sequence_id": mark})

    async def done(self) -> None:
        pass

    async def failed(self, exc: MakimaError) -> None:
        await self._socket.fail(exc)
