"""What a Realtime session's client is told of a turn: its begin and end, its item, its words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from makima.errors import MakimaError
from makima.server.doors.realtime import events
from makima.server.doors.realtime.config import SessionConfig
from makima.server.doors.realtime.items import Item, Items, new_id


class Session(Protocol):
    """The session, as its input side sees it."""

    config: SessionConfig

    async def send(self, fields: events.Event) -> None:
        """Send an event."""

    async def began(self) -> None:
        """Someone has begun to speak."""

    async def heard(self, item: Item) -> None:
        """The words of a turn are known."""

    async def missed(self, exc: MakimaError) -> None:
        """Listening has failed."""


@dataclass(slots=True)
class Turn:
    """One utterance. Its words may come after the next one has begun."""

    item: Item = field(
        default_factory=lambda: Item(new_id("item"), content=[{"type": "input_audio", "transcript": None}])
    )
    told: str = ""


class TurnEvents:
    """Sends the events of turns, and keeps their items in the conversation."""

    def __init__(self, items: Items, session: Session) -> None:
        self._items = items
        self._session = session

    async def started(self, turn: Turn, at_ms: float) -> None:
        """Speech has begun."""
        fields = {"audio_start_ms": round(at_ms), "item_id": turn.item.id}
        await self._session.send(events.event("input_audio_buffer.speech_started", **fields))

    async def stopped(self, turn: Turn, at_ms: float) -> None:
        """Speech has ended."""
        fields = {"audio_end_ms": round(at_ms), "item_id": turn.item.id}
        await self._session.send(events.event("input_audio_buffer.speech_stopped", **fields))

    async def committed(self, turn: Turn) -> None:
        """The turn becomes an item."""
        before = self._items.add(turn.item)
        await self._session.send(
            events.event("input_audio_buffer.committed", item_id=turn.item.id, previous_item_id=before)
        )
        await self._session.send(events.item_added(turn.item, before))

    async def words(self, turn: Turn, text: str) -> None:
        """Tell the words that are settled, if the client wants to see words."""
        if self._session.config.audio.input.transcription is None or not text.startswith(turn.told):
            return
        if delta := text[len(turn.told) :]:
            turn.told = text
            await self._session.send(events.transcription("delta", turn.item.id, delta=delta))

    async def completed(self, turn: Turn, text: str, heard_s: float) -> None:
        """All its words are known."""
        turn.item.content[0]["transcript"] = text
        await self.words(turn, text)
        if self._session.config.audio.input.transcription is not None:
            usage = {"type": "duration", "seconds": round(heard_s, 3)}
            await self._session.send(events.transcription("completed", turn.item.id, transcript=text, usage=usage))
        await self._session.send(events.item_done(turn.item, None))
        await self._session.heard(turn.item)

    async def failed(self, turn: Turn, exc: MakimaError) -> None:
        """Its words could not be recognised."""
        error = {"type": "server_error", "code": exc.code.lower(), "message": str(exc), "param": None}
        await self._session.send(events.transcription("failed", turn.item.id, error=error))
