"""One response of a Realtime session: from the conversation to the chat model's words, and from them to speech."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.websockets import WebSocketDisconnect

from makima.audio.muxing import make_muxer
from makima.errors import MakimaError, SynthesisFailed
from makima.llm.protocol import Correction, Message
from makima.server.auth import Identity
from makima.server.doors.common.markup import MarkupFilter
from makima.server.doors.common.speech import DoorSpeech, Wish
from makima.server.doors.common.wishes import request_of
from makima.server.doors.realtime import events
from makima.server.doors.realtime.config import SessionConfig, explained
from makima.server.doors.realtime.items import Item, Items, messages, new_id, read
from makima.server.services import Services

log = logging.getLogger(__name__)

Send = Callable[[events.Event], Awaitable[None]]

MAX_REPLY_CHARACTERS = 8_000
"""A quarter of an hour of speech: an answer that has not ended by then has run away."""
DELTA_BYTES = 48_000
"""Of audio in one event: clients refuse frames of more than 512 KiB."""

_READ_ALOUD = re.compile(r"\b(read|speak|say|repeat)\b.*\b(aloud|out loud|verbatim|word for word)\b", re.I | re.S)


class Wanted(BaseModel):
    """What `response.create` asks for, where it differs from the session."""

    model_config = ConfigDict(extra="ignore")

    conversation: Literal["auto", "none"] = "auto"
    instructions: str | None = None
    input: list[dict[str, Any]] | None = None
    output_modalities: list[Literal["text", "audio"]] | None = None
    metadata: dict[str, Any] | None = None
    audio: dict[str, Any] | None = None
    max_output_tokens: Annotated[int, Field(ge=1)] | Literal["inf"] | None = None

    @property
    def reads_aloud(self) -> bool:
        """Whether a text is only to be read aloud: asked for beside the conversation, in so many words."""
        return (
            self.conversation == "none" and bool(self.input) and _READ_ALOUD.search(self.instructions or "") is not None
        )


def wanted(fields: object) -> Wanted:
    """The `response` of a `response.create`.

    Raises: InvalidMessage naming the field that is wrong
    """
    try:
        return Wanted.model_validate(fields or {})
    except ValidationError as exc:
        raise explained(exc, "response") from exc


class Response:
    """One response, from `response.created` to `response.done`."""

    def __init__(
        self, services: Services, who: Identity, config: SessionConfig, asked: Wanted, items: Items, send: Send
    ) -> None:
        self.id = new_id("resp")
        self.in_conversation = asked.conversation == "auto"
        self._services = services
        self._who = who
        self._config = config
        self._asked = asked
        self._items = items
        self._send = send
        self._item = Item(new_id("item"), role="assistant", status="in_progress")
        self._spoken = "audio" in (asked.output_modalities or config.output_modalities)
        self._text = ""
        self._speech: DoorSpeech | None = None
        self._status: str = "in_progress"
        self._details: dict[str, Any] | None = None
        self._begun = False
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
            await self._end()

    def _fail(self, exc: MakimaError) -> None:
        self._services.metrics.count_error(exc)
        self._status = "failed"
        error = {"type": "server_error", "code": exc.code.lower(), "message": str(exc)}
        self._details = {"type": "failed", "error": error}

    async def _answer(self) -> None:
        pieces = self._pieces()
        if not self._spoken:
            async for piece in pieces:
                await self._say(piece)
            return
        output = self._config.audio.output
        override = self._asked.audio.get("output", {}) if self._asked.audio else {}
        voice = override.get("voice") if isinstance(override, Mapping) else None
        request = request_of(self._services, voice if isinstance(voice, str) else output.voice_name)
        self._speech = speech = DoorSpeech(
            self._services, self._who, Wish(request, output.format.rate_hz, output.speed)
        )
        writing = asyncio.create_task(self._write(pieces, speech))
        try:
            await self._speak(speech)
            await writing
        finally:
            speech.cancel()
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)

    async def _write(self, pieces: AsyncGenerator[str, None], speech: DoorSpeech) -> None:
        """Pass on the words as they are written: to the client, and to the voice."""
        markup = MarkupFilter()
        try:
            async with aclosing(pieces):
                async for piece in pieces:
                    await self._say(piece)
                    speech.feed(markup.feed(piece))
            speech.feed(markup.flush())
        finally:
            speech.end()

    async def _speak(self, speech: DoorSpeech) -> None:
        muxer = make_muxer(self._config.audio.output.format.container, self._config.audio.output.format.rate_hz)
        async with aclosing(speech.pieces()) as pieces:
            async for spoken in pieces:
                await self._begin()
                self._item.words.extend(spoken.words)
                data = muxer.push(spoken.pcm)
                for at in range(0, len(data), DELTA_BYTES):
                    delta = base64.b64encode(data[at : at + DELTA_BYTES]).decode()
                    await self._part("response.output_audio.delta", delta=delta)

    async def _pieces(self) -> AsyncGenerator[str, None]:
        """The words of the answer; none where there is nothing to answer."""
        given = [read(fields) for fields in self._asked.input] if self._asked.input is not None else None
        if self._asked.reads_aloud and given is not None:
            yield " ".join(item.text for item in given if item.role == "user")
            return
        said = messages(self._instructions(), given if given is not None else list(self._items))
        if all(message.role != "user" for message in said):
            # Nobody has said anything: what the response was told to do is all there is to answer.
            if not self._asked.instructions:
                return
            said.append(Message("user", self._asked.instructions))
        count = 0
        async with aclosing(self._services.conversations.model.reply(said)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Correction):
                    continue  # these events have no way to take back what was said
                count += len(piece)
                yield piece
                if count >= MAX_REPLY_CHARACTERS:
                    return

    def _instructions(self) -> str:
        own = self._config.instructions or self._services.settings.llm_system_prompt
        return "\n\n".join(filter(None, (own, self._asked.instructions)))

    async def _say(self, piece: str) -> None:
        if not piece:
            return
        await self._begin()
        self._text += piece
        kind = "response.output_audio_transcript.delta" if self._spoken else "response.output_text.delta"
        await self._part(kind, delta=piece)

    async def _begin(self) -> None:
        """Announce the item, once."""
        if self._begun:
            return
        self._begun = True
        before = self._items.last_id
        if self.in_conversation:
            before = self._items.add(self._item)
        await self._send(
            events.event("response.output_item.added", response_id=self.id, output_index=0, item=self._item.wire())
        )
        if self.in_conversation:
            await self._send(events.item_added(self._item, before))
        part = {"type": "audio", "transcript": ""} if self._spoken else {"type": "text", "text": ""}
        await self._part("response.content_part.added", part=part)

    async def _end(self) -> None:
        if self._begun:
            await self._end_item()
        await self._send(events.event("response.done", response=self._wire()))

    async def _end_item(self) -> None:
        self._item.status = "completed" if self._status == "completed" else "incomplete"
        if self._spoken:
            self._item.content = [{"type": "output_audio", "transcript": self._text}]
            await self._part("response.output_audio.done")
            await self._part("response.output_audio_transcript.done", transcript=self._text)
            part = {"type": "audio", "transcript": self._text}
        else:
            self._item.content = [{"type": "output_text", "text": self._text}]
            await self._part("response.output_text.done", text=self._text)
            part = {"type": "text", "text": self._text}
        await self._part("response.content_part.done", part=part)
        await self._send(
            events.event("response.output_item.done", response_id=self.id, output_index=0, item=self._item.wire())
        )
        if self.in_conversation:
            await self._send(events.item_done(self._item, None))

    async def _part(self, kind: str, **fields: Any) -> None:
        place = {"response_id": self.id, "item_id": self._item.id, "output_index": 0, "content_index": 0}
        await self._send(events.event(kind, **place, **fields))

    def _wire(self) -> dict[str, Any]:
        output = [self._item.wire()] if self._begun else []
        usage = {
            "total_tokens": len(self._text) // 4,
            "input_tokens": 0,
            "output_tokens": len(self._text) // 4,
            "input_token_details": {"text_tokens": 0, "audio_tokens": 0, "cached_tokens": 0},
            "output_token_details": {"text_tokens": len(self._text) // 4, "audio_tokens": 0},
        }
        return {
            "id": self.id,
            "object": "realtime.response",
            "status": self._status,
            "status_details": self._details if self._status != "in_progress" else None,
            "output": output,
            "output_modalities": ["audio"] if self._spoken else ["text"],
            "metadata": self._asked.metadata,
            "conversation_id": None,
            "usage": usage if self._status != "in_progress" else None,
        }
