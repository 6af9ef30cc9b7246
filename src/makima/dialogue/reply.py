"""One reply: what the chat model answers goes to what speaks it, and whatever happens, its end is told."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field

from makima.dialogue.history import whole_words
from makima.dialogue.latency import Latency
from makima.dialogue.mouth import Mouth
from makima.errors import EngineError, MakimaError, UpstreamError
from makima.llm.protocol import ChatModel, Correction, Message
from makima.text.speakable import is_speakable, without_controls

log = logging.getLogger(__name__)

SORRY = "Sorry, I cannot answer just now."
"""What is said, in English, where the chat model fails before it has said anything. The client is told why."""

MAX_REPLY_CHARACTERS = 8_000
"""Nine minutes of speech: what has not ended by then has run away."""

MAX_PIECE_CHARACTERS = 1_000
"""Of a reply, handed on at once. Some endpoints send the whole of it as one piece, which no rate limit is made for."""


def _new_id() -> str:
    return f"reply-{uuid.uuid4().hex[:12]}"


@dataclass(eq=False, slots=True)
class Reply:
    """What is known of it. Its id changes where what was said of it turns out to be no part of it."""

    heard: str
    latency: Latency
    id: str = field(default_factory=_new_id)
    text: str = ""
    unsaid: str = ""
    """Signs at its beginning, which are said with the first word."""
    task: asyncio.Task[None] | None = None

    @property
    def full(self) -> bool:
        return len(self.text) + len(self.unsaid) >= MAX_REPLY_CHARACTERS


class Answering:
    """Has one reply written by `model` and spoken by `mouth`. `withdrawn` is called when it begins anew."""

    def __init__(
        self, reply: Reply, mouth: Mouth, model: ChatModel, clock: Callable[[], float], withdrawn: Callable[[], None]
    ) -> None:
        self._reply = reply
        self._mouth = mouth
        self._model = model
        self._clock = clock
        self._withdrawn = withdrawn

    async def run(self, messages: Callable[[], Sequence[Message]]) -> bool:
        """Answer these. Whether the reply is now being spoken to its end; if not, its end has been told."""
        try:
            await self._mouth.begin(self._reply.id, self._reply.heard)
            await self._stream(messages())
            return await self._mouth.end(self._reply.id)
        except MakimaError as exc:
            return await self._fail(exc)
        except Exception:
            log.exception("a reply failed")
            return await self._fail(EngineError("The reply failed."))

    async def _stream(self, messages: Sequence[Message]) -> None:
        async with aclosing(self._model.reply(messages)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Correction):
                    await self._begin_anew()
                    continue
                self._reply.latency.first_token_s = self._reply.latency.first_token_s or self._clock()
                await self._say(without_controls(piece))
                if self._reply.full:
                    break
        if not self._reply.text:
            raise UpstreamError("chat model", "the answer is empty.", retryable=True)

    async def _say(self, text: str, language: str | None = None) -> None:
        room = MAX_REPLY_CHARACTERS - len(self._reply.text) - len(self._reply.unsaid)
        text = text if len(text) <= room else whole_words(text, room) or text[:room]
        if not self._reply.text:
            text, speakable = (self._reply.unsaid + text).lstrip(), is_speakable(text)
            self._reply.unsaid = "" if speakable else text
            if not speakable:  # it may be all there is of the answer, and then there is none
                return
            self._reply.latency.first_text_s = self._clock()
        for begin in range(0, len(text), MAX_PIECE_CHARACTERS):
            piece = text[begin : begin + MAX_PIECE_CHARACTERS]
            self._reply.text += piece
            await self._mouth.say(self._reply.id, piece, language)

    async def _begin_anew(self) -> None:
        """What was said until now was no part of the answer: it ends, and counts as not said."""
        self._reply.unsaid = ""
        if not self._reply.text:
            return
        self._mouth.stop(self._reply.id, "")
        self._reply.id, self._reply.text = _new_id(), ""
        self._reply.latency.first_token_s = None
        self._withdrawn()
        await self._mouth.begin(self._reply.id, self._reply.heard)

    async def _fail(self, error: MakimaError) -> bool:
        """Tell the client, and say so where nothing has been said. Whether the reply is now being spoken to its end."""
        log.warning("no reply: %s", error)
        await self._tell(error)
        try:
            if not self._reply.text:
                self._reply.unsaid = ""
                await self._say(SORRY, "English")
            return await self._mouth.end(self._reply.id)
        except MakimaError as exc:  # the session refuses to speak as well
            log.warning("nothing can be said: %s", exc)
        except Exception:
            log.exception("a reply could not be ended")
        try:
            self._mouth.stop(self._reply.id, "")
        except Exception:
            log.exception("a reply could not be stopped")
        return False

    async def _tell(self, error: MakimaError) -> None:
        try:
            await self._mouth.fail(self._reply.id, error)
        except Exception:
            log.exception("an error could not be told: %s", error)
            with suppress(Exception):
                await self._mouth.fail(self._reply.id, EngineError("The reply failed."))
