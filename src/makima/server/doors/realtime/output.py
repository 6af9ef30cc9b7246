"""The items of one response as its client sees them: a message with its words and sound, and calls of functions."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from makima.errors import InvalidMessage
from makima.llm.protocol import CallPiece
from makima.server.doors.realtime import events
from makima.server.doors.realtime.items import Item, Items, new_id

Send = Callable[[events.Event], Awaitable[None]]

DELTA_BYTES = 48_000
"""Of audio in one event: clients refuse frames of more than 512 KiB."""


class Output:
    """What a response has given so far."""

    def __init__(self, response_id: str, items: Items, send: Send, *, spoken: bool, in_conversation: bool) -> None:
        self.text = ""
        self._response_id = response_id
        self._items = items
        self._send = send
        self._spoken = spoken
        self._in_conversation = in_conversation
        self._given: list[Item] = []
        self._message: Item | None = None
        self._calls: dict[int, Item] = {}
        self._held: list[CallPiece] = []

    def wire(self) -> list[dict[str, Any]]:
        """The items as `response.done` lists them."""
        return [item.wire() for item in self._given]

    # The message:

    async def say(self, piece: str) -> None:
        """Add words."""
        if piece:
            message = await self._begun()
            self.text += piece
            kind = "response.output_audio_transcript.delta" if self._spoken else "response.output_text.delta"
            await self._part(message, kind, delta=piece)

    async def sound(self, data: bytes, words: tuple[Any, ...]) -> None:
        """Add audio, and the words that begin in it."""
        message = await self._begun()
        message.words.extend(words)
        for at in range(0, len(data), DELTA_BYTES):
            delta = base64.b64encode(data[at : at + DELTA_BYTES]).decode()
            await self._part(message, "response.output_audio.delta", delta=delta)

    async def end_message(self, status: str) -> None:
        """The message is complete, or `incomplete`. Calls that waited for its end follow. Idempotent."""
        message, self._message = self._message, None
        if message is not None:
            message.status = status
            await self._end_message(message)
        held, self._held = self._held, []
        for piece in held:
            await self.call(piece)

    async def withdraw(self) -> None:
        """What was said until now is no part of the answer: it ends, and the conversation forgets it."""
        if (message := self._message) is None:
            return
        await self.end_message("incomplete")
        self._forget(message)
        self.text = ""

    # Calls:

    async def call(self, piece: CallPiece) -> None:
        """Add a piece of a call. It waits while a message is being spoken, as clients act on a call at once."""
        if self._message is not None:
            self._held.append(piece)
            return
        item = self._calls.get(piece.index)
        if item is None or (piece.id and item.other["call_id"] != piece.id):
            item = await self._begin_call(piece)
        if piece.arguments:
            item.other["arguments"] += piece.arguments
            await self._about(
                item,
                "response.function_call_arguments.delta",
                call_id=item.other["call_id"],
                delta=piece.arguments,
            )

    async def end_calls(self, status: str) -> None:
        """All calls are complete, or `incomplete`, and then no part of the conversation. Idempotent."""
        calls = [item for item in self._given if item.kind == "function_call" and item.status == "in_progress"]
        for item in calls:
            item.status = status
            if status == "completed":
                fields = {name: item.other[name] for name in ("call_id", "name", "arguments")}
                await self._about(item, "response.function_call_arguments.done", **fields)
            await self._done(item)
            if status != "completed":
                self._forget(item)

    async def _begin_call(self, piece: CallPiece) -> Item:
        call = {"call_id": piece.id or new_id("call"), "name": piece.name, "arguments": ""}
        item = Item(new_id("item"), "function_call", "tool", status="in_progress", other=call)
        self._calls[piece.index] = item
        await self._add(item)
        return item

    # Events:

    async def _begun(self) -> Item:
        """The message, which is announced once."""
        if self._message is None:
            self._message = Item(new_id("item"), role="assistant", status="in_progress")
            await self._add(self._message)
            part = {"type": "audio", "transcript": ""} if self._spoken else {"type": "text", "text": ""}
            await self._part(self._message, "response.content_part.added", part=part)
        return self._message

    async def _end_message(self, message: Item) -> None:
        if self._spoken:
            message.content = [{"type": "output_audio", "transcript": self.text}]
            await self._part(message, "response.output_audio.done")
            await self._part(message, "response.output_audio_transcript.done", transcript=self.text)
            part = {"type": "audio", "transcript": self.text}
        else:
            message.content = [{"type": "output_text", "text": self.text}]
            await self._part(message, "response.output_text.done", text=self.text)
            part = {"type": "text", "text": self.text}
        await self._part(message, "response.content_part.done", part=part)
        await self._done(message)

    async def _add(self, item: Item) -> None:
        self._given.append(item)
        before = self._items.add(item) if self._in_conversation else None
        await self._send(self._item_event("response.output_item.added", item))
        if self._in_conversation:
            await self._send(events.item_added(item, before))

    def _forget(self, item: Item) -> None:
        if self._in_conversation:
            with contextlib.suppress(InvalidMessage):  # the client has deleted it already
                self._items.remove(item.id)

    async def _done(self, item: Item) -> None:
        await self._send(self._item_event("response.output_item.done", item))
        if self._in_conversation:
            await self._send(events.item_done(item, None))

    def _item_event(self, kind: str, item: Item) -> events.Event:
        place = {"response_id": self._response_id, "output_index": self._given.index(item)}
        return events.event(kind, **place, item=item.wire())

    async def _about(self, item: Item, kind: str, **fields: Any) -> None:
        place = {"response_id": self._response_id, "item_id": item.id, "output_index": self._given.index(item)}
        await self._send(events.event(kind, **place, **fields))

    async def _part(self, message: Item, kind: str, **fields: Any) -> None:
        await self._about(message, kind, content_index=0, **fields)
