"""A speak session's part in a conversation: replies become utterances of the session."""

from __future__ import annotations

import asyncio
from typing import Protocol

from makima.dialogue.history import Played
from makima.dialogue.loop import Conversation
from makima.errors import InvalidMessage, MakimaError
from makima.server import wire
from makima.server.monitoring.metrics import Metrics
from makima.server.speak.effects import Note, cut_short
from makima.server.speak.pacing import Delivery
from makima.text.speakable import is_speakable


class Voice(Protocol):
    """What a speak session offers to a conversation."""

    async def tell(self, message: dict[str, object]) -> None:
        """Send a message; without effect if the client has left."""

    def tell_soon(self, message: dict[str, object]) -> None:
        """The same, without waiting until it is sent."""

    async def take(self, message: wire.ClientMessage) -> None:
        """Apply a message as if the client had sent it.

        Raises: MakimaError if it is refused
        """

    async def write_reply(self, reply_id: str, text: str, language: str | None) -> None:
        """Speak the next piece of a reply.

        Raises: MakimaError if it is refused
        """

    async def end_reply(self, reply_id: str) -> None:
        """The reply's text is complete.

        Raises: MakimaError if it is refused
        """

    def interrupt(self, request_id: str, note: Note) -> None:
        """End this utterance, or what would have become one, with `interrupted`."""

    def knows(self, request_id: str) -> bool:
        """Whether this utterance is being spoken or waits."""

    def writes(self, request_id: str) -> bool:
        """Whether the text of this utterance is still being written."""

    def is_late(self, request_id: str | None) -> bool:
        """Whether text or its end belongs to an utterance that ended before its text was complete."""


class Talk:
    """One session's part in one conversation, as its `Mouth`."""

    def __init__(self, contract_id: str, conversation: Conversation, voice: Voice, metrics: Metrics) -> None:
        self.contract_id = contract_id
        self._conversation = conversation
        self._voice = voice
        self._metrics = metrics
        self._clock = asyncio.get_running_loop().time
        self._reply_id: str | None = None
        self._text = ""
        self._delivery: Delivery | None = None
        self._held = False
        conversation.speaker_came(self)

    def leave(self) -> None:
        """The session ends, or joins another conversation."""
        self._conversation.speaker_left(self)

    def delivery(self, request_id: str) -> Delivery | None:
        """The pacing of this utterance, if it is the reply."""
        return self._delivery if request_id == self._reply_id else None

    def spoken(self, request_id: str) -> str | None:
        """This utterance has ended, for whatever reason. Returns what is kept of its text, if it was the reply."""
        delivery = self.delivery(request_id)
        return self._conversation.over(request_id, delivery.played) if delivery is not None else None

    async def take(self, message: wire.ClientMessage) -> None:
        """Apply a client's message, which may concern the reply.

        Raises: MakimaError if it is refused
        """
        if isinstance(message, wire.Cancel):
            await self._cancel(message)
            return
        mine = self._reply_id is not None and self._voice.writes(self._reply_id)
        if mine and isinstance(message, wire.Append | wire.End) and not self._voice.is_late(message.request_id):
            raise InvalidMessage("A reply is being written.", mend="Send the text with speak.")
        await self._voice.take(message)

    # What the conversation calls, as a Mouth:

    async def begin(self, reply_id: str, heard: str) -> None:
        self._reply_id, self._text = reply_id, ""
        self._delivery = Delivery(self._clock, lambda: self._sounds(reply_id))
        self._delivery.hold(self._held)
        await self._voice.tell({"type": "reply", "requestId": reply_id, "text": "", "replyTo": heard})

    async def say(self, reply_id: str, text: str, language: str | None = None) -> None:
        self._text += text
        await self._voice.write_reply(reply_id, text, language)
        await self._voice.tell({"type": "reply", "requestId": reply_id, "text": text})

    async def end(self, reply_id: str) -> bool:
        if not self._voice.knows(reply_id):  # nothing of it was taken: its end is told all the same
            await self._voice.tell({**cut_short(reply_id, 0), "text": ""})
            return False
        speakable = is_speakable(self._text)
        if speakable:
            await self._voice.end_reply(reply_id)
        else:
            await self._voice.take(wire.Cancel(type="cancel", request_id=reply_id))
        return speakable

    async def fail(self, reply_id: str, error: MakimaError) -> None:
        self._metrics.count_error(error)
        await self._voice.tell({**wire.error(error), "replyId": reply_id})

    def hold(self, on: bool) -> None:
        self._held = on
        if self._delivery is not None:
            self._delivery.hold(on)

    def progress(self, reply_id: str) -> Played:
        delivery = self.delivery(reply_id)
        return delivery.played if delivery is not None else Played()

    def stop(self, reply_id: str, kept: str) -> None:
        played = self.progress(reply_id)
        if played.sent_ms:
            self._metrics.interruptions.inc()
        self._voice.interrupt(reply_id, {"playedMs": round(played.heard_ms), "text": kept})

    def replaced(self, on: bool) -> None:
        self._voice.tell_soon(wire.replaced(self.contract_id, on))

    async def _cancel(self, message: wire.Cancel) -> None:
        # The reply can be cancelled even before it has become an utterance.
        if message.request_id is not None and message.played_ms is not None:
            self._conversation.heard_until(message.request_id, message.played_ms)
        reply_id = self._reply_id
        if reply_id is None or message.request_id not in (None, reply_id) or not self._conversation.cancel(reply_id):
            await self._voice.take(message)
            return
        not_begun = not self._voice.knows(reply_id)
        await self._voice.take(message)
        if self._voice.knows(reply_id):
            return  # it is being spoken: `spoken` will be called
        if not_begun:
            await self._voice.tell({**cut_short(reply_id, 0), "text": ""})
        self._conversation.over(reply_id, Played())

    def _sounds(self, reply_id: str) -> None:
        stages_s = self._conversation.sounds(reply_id)
        for stage, took_s in stages_s.items():
            self._metrics.reply_stage(stage, took_s)
        latency_ms = {stage: round(took_s * 1000, 1) for stage, took_s in stages_s.items()}
        self._voice.tell_soon({"type": "reply", "requestId": reply_id, "text": "", "latencyMs": latency_ms})
