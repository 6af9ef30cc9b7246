"""`WS /v1/realtime`: a spoken conversation, a transcription, or texts read aloud, as OpenAI's clients speak to it."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import APIRouter, WebSocket

from makima.errors import InvalidMessage, MakimaError
from makima.server.doors.common.socket import DoorSocket, fields_of
from makima.server.doors.common.wishes import request_of
from makima.server.doors.realtime import events
from makima.server.doors.realtime.config import SessionConfig, initial, update
from makima.server.doors.realtime.items import Item, Items, new_id, read
from makima.server.doors.realtime.listening import InputAudio
from makima.server.doors.realtime.responses import Response
from makima.server.doors.realtime.wanted import Wanted, wanted
from makima.server.services import Services

MAX_RESPONSES = 8
"""At once in one session: one in the conversation, the others beside it."""


def router(services: Services) -> APIRouter:
    routes = APIRouter()

    @routes.websocket("/v1/realtime")
    async def realtime(websocket: WebSocket) -> None:
        await RealtimeSocket(websocket, services).run()

    return routes


class RealtimeSocket(DoorSocket):
    """One client's session."""

    def __init__(self, websocket: WebSocket, services: Services) -> None:
        super().__init__(websocket, services)
        query = websocket.query_params
        self.id = new_id("sess")
        self.config: SessionConfig = initial(query.get("model"), transcription=query.get("intent") == "transcription")
        self._items = Items()
        self._input = InputAudio(services, self._items, self)
        self._responses: list[Response] = []
        self._sending = asyncio.Lock()
        self._handlers: Mapping[str, Callable[[dict[str, Any]], Awaitable[None]]] = {
            "session.update": self._update,
            "input_audio_buffer.append": self._append,
            "input_audio_buffer.commit": self._commit,
            "input_audio_buffer.clear": self._clear,
            "conversation.item.create": self._create_item,
            "conversation.item.retrieve": self._retrieve_item,
            "conversation.item.delete": self._delete_item,
            "conversation.item.truncate": self._truncate_item,
            "response.create": self._create_response,
            "response.cancel": self._cancel_response,
            "output_audio_buffer.clear": self._clear_output,
        }

    async def serve(self) -> None:
        await self.send(events.event("session.created", session=self.config.wire(self.id)))
        async for frame in self.frames():
            event_id: object = None
            try:
                fields = fields_of(frame)
                event_id = fields.get("event_id")
                kind = fields.get("type")
                handler = self._handlers.get(kind) if isinstance(kind, str) else None
                if handler is None:
                    raise InvalidMessage(
                        f"The event {kind!r} is not known.", mend=f"Known: {', '.join(self._handlers)}."
                    )
                await handler(fields)
            except MakimaError as exc:
                self.services.metrics.count_error(exc)
                await self.send(events.failure(exc, event_id))

    async def send(self, fields: Mapping[str, Any]) -> None:
        # An event is whole, and events of one task keep their order, also where several tasks send.
        async with self._sending:
            await super().send(fields)

    async def fail(self, exc: MakimaError) -> None:
        await self.send(events.failure(exc))

    async def finish(self) -> None:
        for response in self._responses:
            await response.wait()

    async def released(self) -> None:
        await self._input.close()
        for response in self._responses:
            await response.cancel("client_cancelled")

    # What the input side calls:

    async def began(self) -> None:
        turns = self.config.audio.input.turn_detection
        if turns is not None and turns.interrupt_response and (active := self._active()) is not None:
            await active.cancel("turn_detected")

    async def heard(self, item: Item) -> None:
        turns = self.config.audio.input.turn_detection
        answers = self.config.type == "realtime" and turns is not None and turns.create_response
        if answers and item.text and self._active() is None:
            await self._respond(Wanted())

    async def missed(self, exc: MakimaError) -> None:
        self.services.metrics.count_error(exc)
        await self.fail(exc)

    # What the client asks for:

    async def _update(self, fields: dict[str, Any]) -> None:
        changes = fields.get("session")
        if not isinstance(changes, dict):
            raise InvalidMessage("session: an object is needed.")
        before, after = self.config, update(self.config, changes)
        if after.audio.output.voice != before.audio.output.voice:
            request_of(self.services, after.audio.output.voice_name)  # refused here, not in every response from here on
        self.config = after
        if self.config.audio.input != before.audio.input:
            await self._input.clear()  # what comes next is listened to in the new way
        await self.send(events.event("session.updated", session=self.config.wire(self.id)))

    async def _append(self, fields: dict[str, Any]) -> None:
        audio = fields.get("audio")
        if not isinstance(audio, str):
            raise InvalidMessage("audio: a string of base64 is needed.")
        try:
            data = base64.b64decode(audio, validate=True)
        except ValueError as exc:
            raise InvalidMessage("audio: it is not base64.") from exc
        await self._input.append(data)

    async def _commit(self, fields: dict[str, Any]) -> None:
        if not await self._input.commit():
            message = "The buffer is empty: it has less than 100 ms of audio."
            await self.send(events.error(message, "input_audio_buffer_commit_empty", fields.get("event_id")))

    async def _clear(self, _: dict[str, Any]) -> None:
        await self._input.clear()
        await self.send(events.event("input_audio_buffer.cleared"))

    async def _create_item(self, fields: dict[str, Any]) -> None:
        item = read(fields.get("item"))
        before = self._items.add(item, fields.get("previous_item_id"))
        await self.send(events.item_added(item, before))
        await self.send(events.item_done(item, before))

    async def _retrieve_item(self, fields: dict[str, Any]) -> None:
        await self.send(
            events.event("conversation.item.retrieved", item=self._items.find(fields.get("item_id")).wire())
        )

    async def _delete_item(self, fields: dict[str, Any]) -> None:
        item = self._items.remove(fields.get("item_id"))
        await self.send(events.event("conversation.item.deleted", item_id=item.id))

    async def _truncate_item(self, fields: dict[str, Any]) -> None:
        end_ms = fields.get("audio_end_ms")
        item = self._items.truncate(fields.get("item_id"), end_ms)
        place = {"item_id": item.id, "content_index": fields.get("content_index", 0), "audio_end_ms": end_ms}
        await self.send(events.event("conversation.item.truncated", **place))

    async def _create_response(self, fields: dict[str, Any]) -> None:
        asked = wanted(fields.get("response"))
        if asked.conversation == "auto" and self._active() is not None:
            message = "There is a response under way already. Wait for response.done, or cancel it."
            code = "conversation_already_has_active_response"
            await self.send(events.error(message, code, fields.get("event_id")))
            return
        self._forget_ended()
        if len(self._responses) >= MAX_RESPONSES:
            raise InvalidMessage(f"{MAX_RESPONSES} responses are under way already.", mend="Wait for response.done.")
        await self._respond(asked)

    async def _cancel_response(self, fields: dict[str, Any]) -> None:
        name = fields.get("response_id")
        named = next((each for each in self._responses if each.id == name and each.active), None)
        response = named if name is not None else self._active()
        if response is None:
            message = "Cancellation failed: there is no such response under way."
            await self.send(events.error(message, "response_cancel_not_active", fields.get("event_id")))
            return
        await response.cancel("client_cancelled")

    async def _clear_output(self, _: dict[str, Any]) -> None:
        if (active := self._active()) is not None:
            await active.cancel("client_cancelled")
        await self.send(events.event("output_audio_buffer.cleared"))

    async def _respond(self, asked: Wanted) -> None:
        self.services.refuse_while_draining()
        await self.services.limits.admit(self.who, 0)
        self._forget_ended()
        response = Response(self.services, self.who, self.config, asked, self._items, self.send, self.session_id)
        self._responses.append(response)
        response.start(self._input.settled())

    def _active(self) -> Response | None:
        """The response of the conversation that is under way."""
        return next((each for each in self._responses if each.in_conversation and each.active), None)

    def _forget_ended(self) -> None:
        self._responses = [each for each in self._responses if each.active]
