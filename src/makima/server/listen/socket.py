"""The socket of `/api/v1/listen`: reads audio, applies the session's rules, tells what is heard."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import AsyncIterator, Iterable

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from makima import installation
from makima.audio.pcm import Encoding
from makima.errors import AssetError, MakimaError, RecognitionFailed, Unauthorized
from makima.events import Samples
from makima.server.client_socket import ClientSocket
from makima.server.ears import Ears, Hearer
from makima.server.error_map import CLOSE_GOING_AWAY
from makima.server.listen import messages
from makima.server.listen.session import Close, Effect, EndAudio, Feed, ListenSession, Open, Send, State
from makima.server.services import Services, patient_news
from makima.server.speak.socket import TOKEN_WAIT_S, USUAL_RATES_HZ
from makima.stt.listening.session import Listening
from makima.stt.protocol import Final, ListenEnd, Recognizer
from makima.units import samples_to_ms

log = logging.getLogger(__name__)


def router(services: Services) -> APIRouter:
    routes = APIRouter()

    @routes.websocket("/api/v1/listen")
    async def listen(websocket: WebSocket) -> None:
        await ListenSocket(websocket, services).run()

    return routes


def ears_of(services: Services) -> Ears:
    """What the server listens with.

    Raises: AssetError where it cannot listen
    """
    if services.ears is None:
        raise AssetError("recogniser", "There is none that can load here.", mend=installation.run("doctor"))
    return services.ears


class ListenSocket(ClientSocket):
    """One client's socket."""

    def __init__(self, websocket: WebSocket, services: Services) -> None:
        super().__init__(websocket, services)
        languages = services.ears.recognizer.capabilities.languages if services.ears is not None else ("English",)
        self._session = ListenSession(uuid.uuid4().hex[:12], languages)
        self._stream: Listening | None = None
        self._hearer: Hearer | None = None
        self._fed_ms = 0.0
        self._rate_hz = 0
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._telling: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Serve the socket until it is closed."""
        token = await self.accept()
        self.services.sockets.add(self)
        try:
            await self._serve(token)
        except WebSocketDisconnect:
            self._session.failed()
        except MakimaError as exc:
            await self.refuse(exc)
        finally:
            self._halt()
            self.services.sockets.discard(self)

    async def drain(self) -> None:
        """Say farewell once what was said has been written down."""
        self._session.draining = True
        if self._session.state is not State.CONNECTING:
            with contextlib.suppress(MakimaError, WebSocketDisconnect, RuntimeError):
                await self._perform(self._session.stop("the server is shutting down", CLOSE_GOING_AWAY))

    async def _serve(self, token: str | None) -> None:
        await self._send_ready(ears_of(self.services).recognizer)
        tokens = self.services.tokens
        if not tokens.required or token is not None:
            await self.identify(token)
            first: list[messages.ListenMessage] = []
        else:
            first = [await self._first_start()]
        with self.services.limits.session(self.who), self.services.metrics.listening.track_inprogress():
            self._session.connected()
            for message in first:
                await self._apply(message)
            async for frame in self._frames():
                await self._apply(frame)

    async def _send_ready(self, recognizer: Recognizer) -> None:
        await self.send(
            {
                "type": "ready",
                "sessionId": self._session.session_id,
                "recognizerLoaded": recognizer.loaded,
                "capabilities": {
                    "recognizer": recognizer.name,
                    "model": recognizer.capabilities.model,
                    "embedded": recognizer.capabilities.embedded,
                    "languages": list(recognizer.capabilities.languages),
                    "diarization": True,
                    "sampleRates": list(USUAL_RATES_HZ),
                    "encodings": [encoding.value for encoding in Encoding],
                },
            }
        )

    async def _first_start(self) -> messages.ListenStart:
        """The `start` that brings the token, which must be the first message."""
        try:
            async with asyncio.timeout(TOKEN_WAIT_S):
                async for frame in self._frames():
                    if not isinstance(frame, messages.ListenStart):
                        raise Unauthorized("A token is needed.", mend="Send start with authToken first.")
                    await self.identify(frame.auth_token)
                    return frame
        except TimeoutError as exc:
            raise Unauthorized(f"No token came within {TOKEN_WAIT_S:.0f} s.") from exc
        raise WebSocketDisconnect

    async def _frames(self) -> AsyncIterator[messages.ListenMessage | bytes]:
        """The client's messages and audio, until it is gone; messages that are none are answered here."""
        while True:
            frame = await self.websocket.receive()
            if frame["type"] == "websocket.disconnect":
                return
            data, text = frame.get("bytes"), frame.get("text")
            if data is not None:
                yield data
                continue
            try:
                message = messages.decode(text or "")
            except MakimaError as exc:
                await self.send_error(exc)
                continue
            yield message

    async def _apply(self, frame: messages.ListenMessage | bytes) -> None:
        try:
            effects = self._session.audio(frame) if isinstance(frame, bytes) else self._session.receive(frame)
            await self._perform(effects)
        except MakimaError as exc:
            await self.send_error(exc)

    async def _perform(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(message):
                    await self.send(message)
                case Open():
                    await self._open(effect)
                case Feed(samples):
                    await self._feed(samples)
                case EndAudio():
                    if self._stream is not None:
                        self._stream.end_audio()
                case Close(code):
                    await self.websocket.close(code)

    async def _open(self, opening: Open) -> None:
        ears = ears_of(self.services)
        try:
            async for news in patient_news(ears.host.load(), self.services.settings.load_wait_s):
                await self.send({"type": "loading", "what": news.what, "progress": news.progress})
            # The detector's weights are read here, which the others' audio need not wait for.
            stream = await asyncio.to_thread(ears.listener.open, opening.request)
        except MakimaError as exc:
            await self.send_error(exc)
            await self._perform(self._session.not_opened())
            return
        self._stream, self._rate_hz = stream, opening.request.sample_rate_hz
        loop = asyncio.get_running_loop()

        def notify() -> None:
            with contextlib.suppress(RuntimeError):  # the loop may be gone when a late event comes
                loop.call_soon_threadsafe(self._news.set)

        stream.subscribe(notify)
        if opening.contract_id is not None and self.services.join is not None:
            self._hearer = self.services.join(self.who, opening.contract_id, stream.guard)
        try:
            await self.send(opening.started)
        except BaseException:  # nobody would read what is heard
            self._stream = None
            stream.cancel()
            raise
        if self._session.state is State.ENDING:  # the server began to shut down meanwhile
            stream.end_audio()
        self._telling = asyncio.create_task(self._tell(stream))

    async def _feed(self, samples: Samples) -> None:
        """Hand on audio. While too much of it waits, no more is read, and so the client is held back."""
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
        """Pass on what is heard, to the stream's end."""
        try:
            while True:
                self._news.clear()
                while (event := stream.poll()) is not None:
                    if self._hearer is not None:
                        self._hearer.hear(event, self._fed_ms)
                    if isinstance(event, Final):
                        self.services.metrics.heard.inc()
                    await self._perform(self._session.heard(event))
                    if isinstance(event, ListenEnd):
                        return
                self._room.set()
                await self._news.wait()
        except (WebSocketDisconnect, RuntimeError):
            pass  # the client is gone; the reader hears of it too
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

    def _halt(self) -> None:
        if self._stream is not None:
            self._stream.cancel()
        if self._telling is not None:
            self._telling.cancel()
        self._leave()

    def _leave(self) -> None:
        """Be no part of a conversation any more."""
        if self._hearer is not None:
            self._hearer.leave()
