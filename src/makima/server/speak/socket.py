"""The socket of `/api/v1/speak`: reads messages, applies the session's rules, carries out their effects."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine, Iterable
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from makima.errors import InvalidMessage, MakimaError, SynthesisFailed, Timeout, Unauthorized
from makima.server import wire
from makima.server.client_socket import AUDIO_FORMATS, ClientSocket
from makima.server.error_map import CLOSE_GOING_AWAY
from makima.server.monitoring import scope as scopes
from makima.server.services import Services
from makima.server.speak.effects import Begin, CancelSpeech, Close, Effect, Feed, Halt, Note, Send
from makima.server.speak.reply import Talk
from makima.server.speak.rules import State
from makima.server.speak.session import Session
from makima.server.speak.speaking import Speaking

log = logging.getLogger(__name__)


def router(services: Services) -> APIRouter:
    routes = APIRouter()

    @routes.websocket("/api/v1/speak")
    async def speak(websocket: WebSocket) -> None:
        await SpeakSocket(websocket, services).run()

    return routes


class SpeakSocket(ClientSocket[wire.ClientMessage]):
    """One client's socket. Also the `Outlet` of its utterances and the `Voice` of its conversation."""

    def __init__(self, websocket: WebSocket, services: Services) -> None:
        super().__init__(websocket, services)
        self._session = Session(scopes.new_session_id(), services.voices, lambda: services.notice)
        self._scope = scopes.current()  # as a conversation may begin an utterance from another socket's task
        self._speaking: Speaking | None = None
        self._talk: Talk | None = None
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._text_timer: asyncio.TimerHandle | None = None

    # What `ClientSocket` calls:

    async def run(self) -> None:
        with self.services.metrics.session():
            await super().run()

    def decode(self, frame: str | bytes) -> wire.ClientMessage:
        if isinstance(frame, bytes):
            raise InvalidMessage("Binary frames are not understood here.", mend="Send JSON text.")
        return wire.decode(frame)

    def token_in(self, frame: wire.ClientMessage) -> str | None:
        if not isinstance(frame, wire.Start):
            raise Unauthorized("A token is needed.", mend="Send start with authToken first.")
        return frame.auth_token

    def ready(self) -> dict[str, object]:
        engine, model = self.services.host.engine, self.services.conversations.model
        return {
            "type": "ready",
            "sessionId": self._session.session_id,
            "voiceLoaded": engine.loaded,
            "capabilities": {
                "streaming": True,
                "languages": list(engine.capabilities.languages),
                "spokenBy": dict(engine.capabilities.spoken_by),
                "languageLimits": dict(engine.capabilities.language_limits),
                "engine": engine.name,
                "cloning": engine.capabilities.cloning,
                "textStreaming": engine.capabilities.text_streaming,
                **AUDIO_FORMATS,
                "chatModel": model.name,
                "chatIsEcho": model.is_echo,
            },
        }

    async def serve(self, frames: AsyncIterator[wire.ClientMessage]) -> None:
        with self.services.limits.session(self.who):
            self._session.connected()
            async for message in frames:
                if isinstance(message, wire.Start) and self.services.tokens.required and message.auth_token:
                    await self.identify(message.auth_token)
                await self._apply(message)
                if self._session.state is State.STOPPED:
                    return

    async def drain(self) -> None:
        self._session.draining = True
        await self._farewell_if_due()

    def closed(self) -> None:
        self._session.failed()
        if self._text_timer is not None:
            self._text_timer.cancel()
        self._leave()
        self._halt()

    # What `Talk` calls, as a Voice:

    async def take(self, message: wire.ClientMessage) -> None:
        """Apply a message.

        Raises: MakimaError if it is refused; then nothing has changed
        """
        late = isinstance(message, wire.Append) and self._session.is_late(message.request_id)
        if isinstance(message, wire.Speak | wire.Append) and not late:
            # An utterance is counted once, with the first piece of its text.
            further = isinstance(message, wire.Append) and self._session.writing is not None
            await self.services.limits.admit(self.who, len(message.text), utterances=0 if further else 1)
        await self._perform(self._session.receive(message))
        if isinstance(message, wire.Append):
            self._await_text()

    async def write_reply(self, reply_id: str, text: str, language: str | None) -> None:
        await self._perform(self._session.write_reply(reply_id, text, language))
        self._await_text()

    async def end_reply(self, reply_id: str) -> None:
        await self._perform(self._session.end_reply(reply_id))

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

    def is_late(self, request_id: str | None) -> bool:
        return self._session.is_late(request_id)

    def _await_text(self) -> None:
        """Limit the wait for more text of an utterance that cannot begin yet. Once it has begun, `Speaking` does."""
        if self._text_timer is not None:
            self._text_timer.cancel()
        utterance, wait_s = self._session.writing, self.services.settings.client_timeout_s
        if utterance is None or utterance is self._session.current:
            return
        error = Timeout(f"{wait_s:.0f} s have passed and no more text came.")

        def expire() -> None:
            if effects := self._session.text_missing(utterance, error):
                self.services.metrics.count_error(error)
                self._spawn(self._carry_out(effects))

        self._text_timer = asyncio.get_running_loop().call_later(wait_s, expire)

    async def _apply(self, message: wire.ClientMessage) -> None:
        request_id = getattr(message, "request_id", None)
        try:
            await (self._talk or self).take(message)
        except MakimaError as exc:
            begins = isinstance(message, wire.Speak | wire.Append) and not self._session.is_open(request_id or "")
            await self.send_refusal(exc, request_id, is_open=not begins)
            return
        if isinstance(message, wire.Start):
            self._join()

    def _join(self) -> None:
        """Join the conversation that `start` names, and leave the one before."""
        choices = self._session.choices
        contract_id = choices.contract_id if choices.respond else None
        if self._talk is not None and self._talk.contract_id == contract_id:
            return
        self._leave()
        if contract_id is not None:
            conversation = self.services.conversations.find(self.who, contract_id)
            self._talk = Talk(contract_id, conversation, self, self.services.metrics)

    def _leave(self) -> None:
        if self._talk is not None:
            self._talk.leave()
            self.services.conversations.left()
        self._talk = None

    async def _perform(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(message):
                    await self.send(message)
                case Begin(utterance):
                    delivery = self._talk.delivery(utterance.request_id) if self._talk is not None else None
                    self._speaking = Speaking(
                        utterance,
                        self._session.choices,
                        self.services,
                        self,
                        self.who,
                        replace(self._scope, request_id=utterance.request_id),
                        delivery,
                    )
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
                    await self.close(code)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry_out(self, effects: Iterable[Effect]) -> None:
        """Perform what a conversation asks for. A lost client is left to the task that reads its messages."""
        with contextlib.suppress(WebSocketDisconnect, Timeout):
            await self._perform(effects)

    async def _speak(self, speaking: Speaking) -> None:
        async with self._turn:
            last = await self._last_word(speaking)
            if last is None:
                return  # the task that reads the client's messages ends the session
            if self._speaking is speaking:
                self._speaking = None
            # The session moves on before its client is told of the end, as the client may answer at once.
            await self._perform(self._session.finished())
            kept = self._talk.spoken(speaking.utterance.request_id) if self._talk is not None else None
            if kept is not None and last["type"] == "cancelled":
                last["text"] = kept
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                # Without a time limit: a client that was too slow gets it as soon as it reads again.
                await self.websocket.send_text(wire.encode(last))
        await self._farewell_if_due()

    async def _last_word(self, speaking: Speaking) -> dict[str, object] | None:
        """Speak. Returns the message that ends the utterance, or None if the client has left."""
        try:
            return await speaking.run()
        except WebSocketDisconnect:
            return None
        except Exception:
            if self.websocket.application_state is not WebSocketState.CONNECTED:
                return None
            # An error in this server must not leave the client waiting.
            log.exception("an utterance failed")
            exc = SynthesisFailed("The engine failed.")
            self.services.metrics.count_error(exc)
            return wire.error(exc, speaking.utterance.request_id)

    async def _farewell_if_due(self) -> None:
        session = self._session
        if session.draining and session.current is None and session.state is not State.STOPPED:
            with contextlib.suppress(WebSocketDisconnect):
                await self._perform(session.stop("the server is shutting down", CLOSE_GOING_AWAY))

    def _halt(self) -> None:
        for task in self._tasks - {asyncio.current_task()}:
            task.cancel()
