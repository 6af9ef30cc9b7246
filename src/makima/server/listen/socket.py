"""The socket of `/api/v1/listen`: reads audio, applies the session's rules, sends what is recognised."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterable
from functools import partial

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from makima.dialogue.listener import Listener as Joined
from makima.errors import MakimaError, RecognitionFailed, Timeout, Unauthorized
from makima.events import Samples
from makima.server import wire
from makima.server.client_socket import AUDIO_FORMATS, ClientSocket
from makima.server.error_map import CLOSE_GOING_AWAY
from makima.server.listen import messages
from makima.server.listen.session import Close, Effect, EndAudio, Feed, ListenSession, Open, Send, State, Typed
from makima.server.monitoring.scope import new_session_id
from makima.server.recognition import required
from makima.server.services import Services, patient_news
from makima.stt.listening.session import Listening
from makima.stt.protocol import Final, ListenEnd
from makima.units import samples_to_ms

log = logging.getLogger(__name__)


def router(services: Services) -> APIRouter:
    routes = APIRouter()

    @routes.websocket("/api/v1/listen")
    async def listen(websocket: WebSocket) -> None:
        await ListenSocket(websocket, services).run()

    return routes


class ListenSocket(ClientSocket[messages.ListenMessage | bytes]):
    """One client's socket."""

    def __init__(self, websocket: WebSocket, services: Services) -> None:
        super().__init__(websocket, services)
        languages = (
            services.recognition.recognizer.capabilities.languages if services.recognition is not None else ("English",)
        )
        self._session = ListenSession(new_session_id(), languages)
        self._stream: Listening | None = None
        self._joined: Joined | None = None
        self._fed_ms = 0.0
        self._rate_hz = 0
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._telling: asyncio.Task[None] | None = None
        self._messages: set[asyncio.Task[None]] = set()

    # What `ClientSocket` calls:

    def decode(self, frame: str | bytes) -> messages.ListenMessage | bytes:
        return frame if isinstance(frame, bytes) else messages.decode(frame)

    def token_in(self, frame: messages.ListenMessage | bytes) -> str | None:
        if not isinstance(frame, messages.ListenStart):
            raise Unauthorized("A token is needed.", mend="Send start with authToken first.")
        return frame.auth_token

    def ready(self) -> dict[str, object]:
        recognizer = required(self.services.recognition).recognizer
        return {
            "type": "ready",
            "sessionId": self._session.session_id,
            "recognizerLoaded": recognizer.loaded,
            "capabilities": {
                "recognizer": recognizer.name,
                "model": recognizer.capabilities.model,
                "embedded": recognizer.capabilities.embedded,
                "languages": list(recognizer.capabilities.languages),
                "diarization": True,
                **AUDIO_FORMATS,
            },
        }

    async def serve(self, frames: AsyncIterator[messages.ListenMessage | bytes]) -> None:
        with self.services.limits.session(self.who), self.services.metrics.listening_session():
            self._session.connected()
            async for frame in frames:
                await self._apply(frame)

    async def drain(self) -> None:
        self._session.draining = True
        if self._session.state is not State.CONNECTING:
            with contextlib.suppress(MakimaError, WebSocketDisconnect):
                await self._perform(self._session.stop("the server is shutting down", CLOSE_GOING_AWAY))

    def closed(self) -> None:
        self._session.failed()
        if self._stream is not None:
            self._stream.cancel()
        if self._telling is not None:
            self._telling.cancel()
        for telling in self._messages:
            telling.cancel()
        self._leave()

    async def _apply(self, frame: messages.ListenMessage | bytes) -> None:
        try:
            effects = self._session.audio(frame) if isinstance(frame, bytes) else self._session.receive(frame)
            await self._perform(effects)
        except MakimaError as exc:
            await self.send_refusal(exc)

    async def _perform(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(message):
                    await self.send(message)
                case Open():
                    await self._open(effect)
                case Feed(samples):
                    await self._feed(samples)
                case Typed(text):
                    if self._joined is not None:
                        self._joined.typed(text)
                case EndAudio():
                    if self._stream is not None:
                        self._stream.end_audio()
                case Close(code):
                    await self.close(code)

    async def _open(self, opening: Open) -> None:
        recognition = required(self.services.recognition)
        try:
            async for news in patient_news(recognition.host.load(), self.services.settings.load_wait_s):
                await self.send({"type": "loading", "what": news.what, "progress": news.progress})
            # Opening reads the detector's weights, which must not delay the audio of other sessions.
            stream = await asyncio.to_thread(recognition.listener.open, opening.request)
        except MakimaError as exc:
            await self.send_refusal(exc)
            await self._perform(self._session.not_opened())
            return
        self._stream, self._rate_hz = stream, opening.request.sample_rate_hz
        loop = asyncio.get_running_loop()

        def notify() -> None:
            with contextlib.suppress(RuntimeError):  # the loop may be closed when a late event comes
                loop.call_soon_threadsafe(self._news.set)

        stream.subscribe(notify)
        if opening.contract_id is not None:
            conversation = self.services.conversations.find(self.who, opening.contract_id)
            self._joined = conversation.listen(stream.guard, partial(self._replaced, opening.contract_id))
        try:
            await self.send(opening.started)
        except BaseException:  # the stream would run without a reader
            self._stream = None
            stream.cancel()
            raise
        if self._session.state is State.ENDING:  # the server began to shut down meanwhile
            stream.end_audio()
        self._telling = asyncio.create_task(self._tell(stream))

    async def _feed(self, samples: Samples) -> None:
        """Feed audio to the stream. While too much of it waits, no more is read, which holds the client back."""
        stream = self._stream
        if stream is None:
            return
        stream.feed(samples)
        self._fed_ms += samples_to_ms(len(samples), self._rate_hz)
        while stream.full:
            self._room.clear()
            if stream.full:
                await self._room.wait()

    async def _tell(self, stream: Listening) -> None:
        """Send what is recognised, until the stream ends."""
        try:
            while True:
                self._news.clear()
                while (event := stream.poll()) is not None:
                    if self._joined is not None:
                        self._joined.hear(event, self._fed_ms)
                    if isinstance(event, Final):
                        self.services.metrics.count_heard()
                    await self._perform(self._session.heard(event))
                    if isinstance(event, ListenEnd):
                        return
                self._room.set()
                await self._news.wait()
        except WebSocketDisconnect:
            pass  # the task that reads the client's messages ends the session
        except MakimaError as exc:
            self._leave()
            await self.refuse(exc)
        except Exception as exc:
            log.exception("a listen session failed")
            self._leave()
            await self.refuse(RecognitionFailed(f"Listening failed: {exc}."))
        finally:
            stream.cancel()
            self._room.set()

    def _replaced(self, contract_id: str, on: bool) -> None:
        telling = asyncio.create_task(self._tell_soon(wire.replaced(contract_id, on)))
        self._messages.add(telling)
        telling.add_done_callback(self._messages.discard)

    async def _tell_soon(self, message: dict[str, object]) -> None:
        # A lost client is left to the task that reads its messages.
        with contextlib.suppress(WebSocketDisconnect, Timeout):
            await self.send(message)

    def _leave(self) -> None:
        """Leave the conversation."""
        if self._joined is not None:
            self._joined.leave()
            self.services.conversations.left()
