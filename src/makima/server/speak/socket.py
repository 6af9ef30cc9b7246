"""The socket of `/api/v1/speak`: reads messages, applies the session's rules, carries out their effects."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from typing import Any

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from makima.audio.pcm import Encoding
from makima.errors import InvalidMessage, MakimaError, SynthesisFailed, Timeout, Unauthorized
from makima.server import wire
from makima.server.auth import Identity, bearer_token, chosen_subprotocol
from makima.server.error_map import CLOSE_GOING_AWAY, CLOSE_LOST, close_code
from makima.server.services import Services
from makima.server.speak.reply import Talk
from makima.server.speak.session import Begin, CancelSpeech, Close, Effect, Feed, Halt, Note, Send, Session, State
from makima.server.speak.speaking import Speaking

log = logging.getLogger(__name__)

USUAL_RATES_HZ = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
"""What `ready` lists; any whole number between the first and the last is taken."""

TOKEN_WAIT_S = 10.0
"""How long a socket without a token may stay open before its `start` brings one."""


def router(services: Services) -> APIRouter:
    routes = APIRouter()

    @routes.websocket("/api/v1/speak")
    async def speak(websocket: WebSocket) -> None:
        await SpeakSocket(websocket, services).run()

    return routes


class SpeakSocket:
    """One client's socket."""

    def __init__(self, websocket: WebSocket, services: Services) -> None:
        self._websocket = websocket
        self._services = services
        self._session = Session(uuid.uuid4().hex[:12], services.voices)
        self._who = Identity(None, websocket.client.host if websocket.client else "unknown")
        self._speaking: Speaking | None = None
        self._talk: Talk | None = None
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serve the socket until it is closed."""
        offered: list[str] = self._websocket.scope.get("subprotocols", [])
        await self._websocket.accept(chosen_subprotocol(offered))
        self._services.sockets.add(self)
        self._services.metrics.sessions.inc()
        try:
            await self._serve(bearer_token(self._websocket.headers, offered))
        except WebSocketDisconnect:
            self._session.failed()
        except MakimaError as exc:
            await self._refuse(exc)
        finally:
            self._leave()
            self._halt()
            self._services.sockets.discard(self)
            self._services.metrics.sessions.dec()

    async def drain(self) -> None:
        """Say farewell once everything that was asked for has been spoken."""
        self._session.draining = True
        await self._farewell_if_due()

    # What `Speaking` calls, as an Outlet:

    async def send(self, message: dict[str, object]) -> None:
        await self._patiently(self._websocket.send_text, wire.encode(message))

    async def send_pcm(self, data: bytes) -> None:
        await self._patiently(self._websocket.send_bytes, data)

    # What `Talk` calls, as a Voice:

    async def take(self, message: wire.ClientMessage) -> None:
        """Apply a message.

        Raises: MakimaError where it is refused; then nothing has changed
        """
        if isinstance(message, wire.Speak | wire.Append):
            # An utterance is counted once, with the first piece of its text.
            further = isinstance(message, wire.Append) and self._session.writing is not None
            await self._services.limits.admit(self._who, len(message.text), utterances=0 if further else 1)
        await self._perform(self._session.receive(message))

    async def tell(self, message: dict[str, object]) -> None:
        await self._carry_out([Send(message)])

    def tell_soon(self, message: dict[str, object]) -> None:
        self._spawn(self.tell(message))

    def interrupt(self, request_id: str, note: Note) -> None:
        self._spawn(self._carry_out(self._session.interrupt(request_id, note)))

    def knows(self, request_id: str) -> bool:
        return self._session.knows(request_id)

    def writes(self, request_id: str) -> bool:
        return self._session.writing is not None and self._session.writing.request_id == request_id

    async def _serve(self, token: str | None) -> None:
        await self._send_ready()
        tokens = self._services.tokens
        if not tokens.required or token is not None:
            await self._identify(token)
            first: list[wire.ClientMessage] = []
        else:
            first = [await self._first_start()]
        with self._services.limits.session(self._who):
            self._session.connected()
            for message in first:
                await self._apply(message)
            async for message in self._messages():
                if isinstance(message, wire.Start) and tokens.required and message.auth_token:
                    await self._identify(message.auth_token)
                await self._apply(message)
                if self._session.state is State.STOPPED:
                    return

    async def _send_ready(self) -> None:
        engine = self._services.host.engine
        capabilities = engine.capabilities
        await self.send(
            {
                "type": "ready",
                "sessionId": self._session.session_id,
                "voiceLoaded": engine.loaded,
                "capabilities": {
                    "streaming": True,
                    "languages": list(capabilities.languages),
                    "engine": engine.name,
                    "cloning": capabilities.cloning,
                    "textStreaming": capabilities.text_streaming,
                    "sampleRates": list(USUAL_RATES_HZ),
                    "encodings": [encoding.value for encoding in Encoding],
                    "chatModel": self._services.conversations.model.name,
                    "chatIsEcho": self._services.conversations.model.is_echo,
                },
            }
        )

    async def _identify(self, token: str | None) -> None:
        subject = await self._services.tokens.subject(token)
        self._who = Identity(subject, self._who.address)

    async def _first_start(self) -> wire.Start:
        """The `start` that brings the token, which must be the first message."""
        try:
            async with asyncio.timeout(TOKEN_WAIT_S):
                async for message in self._messages():
                    if not isinstance(message, wire.Start):
                        raise Unauthorized("A token is needed.", mend="Send start with authToken first.")
                    await self._identify(message.auth_token)
                    return message
        except TimeoutError as exc:
            raise Unauthorized(f"No token came within {TOKEN_WAIT_S:.0f} s.") from exc
        raise WebSocketDisconnect

    async def _messages(self) -> AsyncIterator[wire.ClientMessage]:
        """The client's messages; those that are none are answered here."""
        while True:
            frame = await self._websocket.receive()
            if frame["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(frame.get("code", CLOSE_LOST))
            try:
                text = frame.get("text")
                if text is None:
                    raise InvalidMessage("Binary frames are not understood here.", mend="Send JSON text.")
                message = wire.decode(text)
            except MakimaError as exc:
                await self._send_error(exc)
                continue
            yield message

    async def _apply(self, message: wire.ClientMessage) -> None:
        request_id = getattr(message, "request_id", None)
        try:
            await (self._talk or self).take(message)
        except MakimaError as exc:
            await self._send_error(exc, request_id)
            return
        if isinstance(message, wire.Start):
            self._join()

    def _join(self) -> None:
        """Take part in the conversation that `start` names, and in no other."""
        choices = self._session.choices
        contract_id = choices.contract_id if choices.respond else None
        if self._talk is not None and self._talk.contract_id == contract_id:
            return
        self._leave()
        if contract_id is not None:
            conversation = self._services.conversations.find(self._who, contract_id)
            self._talk = Talk(contract_id, conversation, self, self._services.metrics)

    def _leave(self) -> None:
        if self._talk is not None:
            self._talk.leave()
            self._services.conversations.left()
        self._talk = None

    async def _perform(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(message):
                    await self.send(message)
                case Begin(utterance):
                    delivery = self._talk.delivery(utterance.request_id) if self._talk is not None else None
                    self._speaking = Speaking(utterance, self._session.choices, self._services, self, delivery)
                    self._spawn(self._speak(self._speaking))
                case Feed(utterance, text, complete):
                    if self._speaking is not None and self._speaking.utterance is utterance:
                        self._speaking.feed(text, complete=complete)
                case CancelSpeech(utterance, note):
                    if self._speaking is not None and self._speaking.utterance is utterance:
                        self._speaking.cancel(note)
                case Halt():
                    self._halt()
                case Close(code):
                    await self._websocket.close(code)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry_out(self, effects: Iterable[Effect]) -> None:
        """`_perform` for a conversation's sake: that the client is lost is the reader's business."""
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, Timeout):
            await self._perform(effects)

    async def _speak(self, speaking: Speaking) -> None:
        async with self._turn:
            last = await self._last_word(speaking)
            if last is None:
                return  # the client is gone; the reader hears of it too, and ends the session
            if self._speaking is speaking:
                self._speaking = None
            # The session moves on before its client hears of the end, so that what the client sends next is in place.
            await self._perform(self._session.finished())
            kept = self._talk.spoken(speaking.utterance.request_id) if self._talk is not None else None
            if kept is not None:
                self._session.abandon(speaking.utterance.request_id)
                if last["type"] == "cancelled":
                    last["text"] = kept
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                # Without a time-out: a client that was too slow hears of it as soon as it reads again.
                await self._websocket.send_text(wire.encode(last))
        await self._farewell_if_due()

    async def _last_word(self, speaking: Speaking) -> dict[str, object] | None:
        """Speak; the message that ends the utterance, or None where there is nobody left to send it to."""
        try:
            return await speaking.run()
        except WebSocketDisconnect:
            return None
        except Exception:
            if self._websocket.application_state is not WebSocketState.CONNECTED:
                return None
            # What nobody foresaw must not leave the client waiting either.
            log.exception("an utterance failed")
            exc = SynthesisFailed("The engine failed.")
            self._services.metrics.count_error(exc)
            return wire.error(exc, speaking.utterance.request_id)

    async def _farewell_if_due(self) -> None:
        session = self._session
        if session.draining and session.current is None and session.state is not State.STOPPED:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await self._perform(session.stop("the server is shutting down", CLOSE_GOING_AWAY))

    def _halt(self) -> None:
        for task in self._tasks - {asyncio.current_task()}:
            task.cancel()

    async def _refuse(self, exc: MakimaError) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, Timeout):
            await self._send_error(exc)
            await self._websocket.close(close_code(exc))

    async def _send_error(self, exc: MakimaError, request_id: str | None = None) -> None:
        self._services.metrics.count_error(exc)
        await self.send(wire.error(exc, request_id))

    async def _patiently(self, send: Callable[[Any], Awaitable[None]], data: str | bytes) -> None:
        wait_s = self._services.settings.client_timeout_s
        try:
            async with asyncio.timeout(wait_s):
                await send(data)
        except TimeoutError as exc:
            raise Timeout(f"The client has read nothing for {wait_s:.0f} s.") from exc
