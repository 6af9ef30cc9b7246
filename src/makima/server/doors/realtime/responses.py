"""One response of a Realtime session: from the conversation to the chat model's words, and from them to speech."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import aclosing
from typing import Any

from starlette.websockets import WebSocketDisconnect

from makima.audio.muxing import make_muxer
from makima.errors import MakimaError, SynthesisFailed
from makima.llm.protocol import CallPiece, Correction
from makima.server.auth import Identity
from makima.server.doors.common.markup import MarkupFilter
from makima.server.doors.common.speech import DoorSpeech, Wish
from makima.server.doors.common.wishes import request_of
from makima.server.doors.realtime import events
from makima.server.doors.realtime.config import SessionConfig
from makima.server.doors.realtime.items import Items, new_id
from makima.server.doors.realtime.output import Output, Send
from makima.server.doors.realtime.wanted import Wanted, answer
from makima.server.services import Services

log = logging.getLogger(__name__)

Pieces = AsyncGenerator[str | Correction | CallPiece, None]


class Response:
    """One response, from `response.created` to `response.done`."""

    def __init__(
        self,
        services: Services,
        who: Identity,
        config: SessionConfig,
        asked: Wanted,
        items: Items,
        send: Send,
        session_id: str,
    ) -> None:
        self.id = new_id("resp")
        self.in_conversation = asked.conversation == "auto"
        self._services = services
        self._session_id = session_id
        self._who = who
        self._config = config
        self._asked = asked
        self._items = items
        self._send = send
        self._spoken = "audio" in (asked.output_modalities or config.output_modalities)
        self._output = Output(self.id, items, send, spoken=self._spoken, in_conversation=self.in_conversation)
        self._speech: DoorSpeech | None = None
        self._status: str = "in_progress"
        self._details: dict[str, Any] | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def active(self) -> bool:
        """Whether it is under way."""
        return self._task is None or not self._task.done()

    def start(self, ready: Awaitable[None]) -> None:
        """Answer, once `ready`: the words of what was said before may still be awaited."""
        self._task = asyncio.create_task(self._run(ready))

    async def cancel(self, reason: str) -> None:
        """End it with the status `cancelled`. `response.done` has been sent once this returns."""
        if self._task is None or self._task.done():
            return
        self._details = {"type": "cancelled", "reason": reason}
        if self._speech is not None:
            self._speech.cancel()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def wait(self) -> None:
        """Wait until it has ended."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _run(self, ready: Awaitable[None]) -> None:
        try:
            await self._send(events.event("response.created", response=self._wire()))
            await ready
            await self._answer()
            self._status = "completed"
        except asyncio.CancelledError:
            if self._details is None:
                raise
            self._status = "cancelled"
        except WebSocketDisconnect:
            return  # the client has left; the reader hears of it too
        except MakimaError as exc:
            self._fail(exc)
        except Exception as exc:
            log.exception("a response failed")
            self._fail(SynthesisFailed(f"The response failed: {exc}."))
        with contextlib.suppress(WebSocketDisconnect, MakimaError):
            await self._end_items()
            await self._send(events.event("response.done", response=self._wire()))

    def _fail(self, exc: MakimaError) -> None:
        self._services.metrics.count_error(exc)
        self._status = "failed"
        error = {"type": "server_error", "code": exc.code.lower(), "message": str(exc)}
        self._details = {"type": "failed", "error": error}

    async def _answer(self) -> None:
        usual = self._services.settings.llm_system_prompt
        pieces = answer(self._services.conversations.model, usual, self._config, self._asked, self._items)
        async with aclosing(pieces):
            while await (self._say_and_speak(pieces) if self._spoken else self._say(pieces, None)):
                await self._output.withdraw()

    async def _say_and_speak(self, pieces: Pieces) -> bool:
        """As `_say`, with a voice."""
        self._speech = speech = self._voice()
        saying = asyncio.create_task(self._say(pieces, speech))
        try:
            await self._speak(speech)
            return await saying
        finally:
            speech.cancel()
            saying.cancel()
            await asyncio.gather(saying, return_exceptions=True)

    def _voice(self) -> DoorSpeech:
        output = self._config.audio.output
        override = self._asked.audio.get("output", {}) if self._asked.audio else {}
        voice = override.get("voice") if isinstance(override, Mapping) else None
        request = request_of(
            self._services, voice if isinstance(voice, str) else output.voice_name, session_id=self._session_id
        )
        return DoorSpeech(self._services, self._who, Wish(request, output.format.rate_hz, output.speed))

    async def _say(self, pieces: Pieces, speech: DoorSpeech | None) -> bool:
        """Pass on words as they are written: to the client, and to the voice. Whether they turn out to be none of
        the answer, and it begins anew.
        """
        markup = MarkupFilter()
        try:
            async for piece in pieces:
                if isinstance(piece, Correction):
                    if speech is not None:
                        speech.cancel()
                    return True
                if isinstance(piece, CallPiece):
                    await self._output.call(piece)
                    continue
                await self._output.say(piece)
                if speech is not None:
                    speech.feed(markup.feed(piece))
            if speech is not None:
                speech.feed(markup.flush())
        finally:
            if speech is not None:
                speech.end()
        return False

    async def _speak(self, speech: DoorSpeech) -> None:
        muxer = make_muxer(self._config.audio.output.format.container, self._config.audio.output.format.rate_hz)
        async with aclosing(speech.pieces()) as pieces:
            async for spoken in pieces:
                await self._output.sound(muxer.push(spoken.pcm), spoken.words)

    async def _end_items(self) -> None:
        status = "completed" if self._status == "completed" else "incomplete"
        await self._output.end_message(status)
        await self._output.end_calls(status)

    def _wire(self) -> dict[str, Any]:
        tokens = len(self._output.text) // 4
        usage = {
            "total_tokens": tokens,
            "input_tokens": 0,
            "output_tokens": tokens,
            "input_token_details": {"text_tokens": 0, "audio_tokens": 0, "cached_tokens": 0},
            "output_token_details": {"text_tokens": tokens, "audio_tokens": 0},
        }
        return {
            "id": self.id,
            "object": "realtime.response",
            "status": self._status,
            "status_details": self._details if self._status != "in_progress" else None,
            "output": self._output.wire(),
            "output_modalities": ["audio"] if self._spoken else ["text"],
            "metadata": self._asked.metadata,
            "conversation_id": None,
            "usage": usage if self._status != "in_progress" else None,
        }
