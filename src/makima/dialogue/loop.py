"""One conversation as it runs: words that are heard go to the chat model, and what it answers goes to the engine."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Protocol

from makima.dialogue.hearing import Hearing
from makima.dialogue.history import History, Played, SpeakingRate, whole_words
from makima.dialogue.latency import Latency
from makima.dialogue.turns import Action, Event, State, outcome
from makima.errors import EngineError, MakimaError, UpstreamError
from makima.llm.protocol import ChatModel, Correction
from makima.stt.protocol import Final, ListenEvent
from makima.text.speakable import is_speakable, without_controls

log = logging.getLogger(__name__)

SORRY = "Sorry, I cannot answer just now."
"""What is said, in English, where the chat model fails before it has said anything. The client is told why."""

MAX_REPLY_CHARACTERS = 8_000
"""Nine minutes of speech: what has not ended by then has run away."""

MAX_PIECE_CHARACTERS = 1_000
"""Of a reply, handed on at once. Some endpoints send the whole of it as one piece, which no rate limit is made for."""


class Mouth(Protocol):
    """Where replies are spoken. Of each reply it calls `Conversation.sounds` once, and `over` unless it was stopped."""

    async def begin(self, reply_id: str, heard: str) -> None:
        """A reply to what was `heard` is being thought of."""

    async def say(self, reply_id: str, text: str, language: str | None = None) -> None:
        """Speak the next piece of it.

        Raises: MakimaError where it is refused
        """

    async def end(self, reply_id: str) -> bool:
        """The reply is complete. False where there is nothing in it to be spoken, so that `over` will not be called."""

    async def fail(self, reply_id: str, error: MakimaError) -> None:
        """Tell the client what went wrong; the reply goes on, or ends, as it is told besides."""

    def hold(self, on: bool) -> None:
        """Let nothing of the reply sound, or no longer hold it back."""

    def progress(self, reply_id: str) -> Played:
        """How much of it was heard by now."""

    def stop(self, reply_id: str, kept: str) -> None:
        """End it at once; of its text only `kept` was heard."""

    def replaced(self, on: bool) -> None:
        """Another speaks the replies in its place, or no longer."""


def _new_id() -> str:
    return f"reply-{uuid.uuid4().hex[:12]}"


@dataclass(eq=False, slots=True)
class _Reply:
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


class Conversation:
    """What is said between one listener and one speaker, either of which may leave and come back.

    Units: `clock` in seconds
    """

    def __init__(self, model: ChatModel, system_prompt: str, clock: Callable[[], float]) -> None:
        self.model = model
        self.history = History(system_prompt)
        self.state = State.MUTE
        self._clock = clock
        self._rate = SpeakingRate()
        # Of each side the last one takes part; those before it do again once it has left.
        self._mouths: list[Mouth] = []
        self._listeners: list[Listener] = []
        self._reply: _Reply | None = None
        self._stopped: tuple[_Reply, Played] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def deserted(self) -> bool:
        """Whether both sides have left."""
        return not self._mouths and not self._listeners

    @property
    def _mouth(self) -> Mouth | None:
        return self._mouths[-1] if self._mouths else None

    @property
    def _listener(self) -> Listener | None:
        return self._listeners[-1] if self._listeners else None

    def speaker_came(self, mouth: Mouth) -> None:
        """Speak replies to `mouth`. One that was there before has its place again once `mouth` has left."""
        before = self._mouth
        if before is not None:
            self._on(Event.SPEAKER_LEFT)
        self._mouths.append(mouth)
        self._on(Event.SPEAKER_CAME)
        if before is not None:
            before.replaced(True)

    def speaker_left(self, mouth: Mouth) -> None:
        if mouth is not self._mouth:
            self._mouths = [other for other in self._mouths if other is not mouth]
            return
        self._on(Event.SPEAKER_LEFT)
        self._mouths.pop()
        if (again := self._mouth) is not None:
            self._on(Event.SPEAKER_CAME)
            again.replaced(False)

    def listen(self, guard: Callable[[bool], None], replaced: Callable[[bool], None] | None = None) -> Listener:
        """Hear from a new listener. One that was there before has its place again once the new one has left.

        `guard` has it ask more of what counts as speech; `replaced` says that another is heard in its place, or no
        longer.
        """
        before = self._listener
        if before is not None:
            before.pause()
            before.guard(False)
        listener = Listener(self, guard, replaced)
        self._listeners.append(listener)
        guard(self.state is State.SPEAKING)
        if before is not None:
            before.replaced(True)
        return listener

    def sounds(self, reply_id: str) -> dict[str, float]:
        """The first audio of the reply was sent. How long each stage up to it took, in seconds."""
        reply = self._reply
        if reply is None or reply.id != reply_id:
            return {}
        reply.latency.first_audio_s = self._clock()
        self._on(Event.SOUNDS)
        return reply.latency.stages_s()

    def over(self, reply_id: str, played: Played) -> str:
        """The reply has ended, after so much of it was heard. What is kept of its text."""
        reply = self._reply
        if reply is None or reply.id != reply_id:
            return ""
        self._reply = None
        if reply.task is not None and reply.task is not asyncio.current_task():
            reply.task.cancel()
        if played.whole:
            self._rate.learn(len(reply.text), played.sent_ms)
        kept = self._rate.words_heard(reply.text, played)
        self.history.said(reply.id, kept)
        self._on(Event.OVER)
        return kept

    def cancel(self, reply_id: str) -> bool:
        """The client wants no more of this reply: its text ends here. If True, `over` is to follow."""
        reply = self._reply
        if reply is None or reply.id != reply_id:
            return False
        if reply.task is not None:
            reply.task.cancel()
        return True

    def heard_until(self, reply_id: str, heard_ms: float) -> None:
        """The client says how much it had played of a reply that was stopped; what is kept of it is put right."""
        if self._stopped is not None and self._stopped[0].id == reply_id:
            reply, played = self._stopped
            exact = Played(played.sent_ms, min(heard_ms, played.sent_ms), played.whole)
            self.history.said(reply.id, self._rate.words_heard(reply.text, exact))

    async def close(self) -> None:
        """End what is under way."""
        del self._mouths[:-1], self._listeners[:-1]
        if self._mouth is not None:
            self.speaker_left(self._mouth)
        if self._listener is not None:
            self._listener.leave()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _take(self, listener: Listener, event: Event, words: str = "", speech_end_s: float = 0.0) -> None:
        if listener is self._listener:
            self._on(event, words, speech_end_s)

    def _gone(self, listener: Listener) -> None:
        if listener is not self._listener:
            self._listeners = [other for other in self._listeners if other is not listener]
            return
        self._listeners.pop()
        if (again := self._listener) is not None:
            again.guard(self.state is State.SPEAKING)
            again.replaced(False)

    def _on(self, event: Event, words: str = "", speech_end_s: float = 0.0) -> None:
        before = self.state
        self.state, actions = outcome(before, event)
        log.debug("%s: %s, %s", event, before, self.state)
        for action in actions:
            match action:
                case Action.NOTE:
                    self.history.heard(words)
                case Action.STOP:
                    self._stop()
                case Action.ASK:
                    self.history.heard(words)
                    self._ask(words, speech_end_s)
        if self._mouth is not None and (before is State.HELD) != (self.state is State.HELD):
            self._mouth.hold(self.state is State.HELD)
        if self._listener is not None and (before is State.SPEAKING) != (self.state is State.SPEAKING):
            self._listener.guard(self.state is State.SPEAKING)

    def _stop(self) -> None:
        reply, self._reply = self._reply, None
        assert reply is not None
        assert self._mouth is not None
        if reply.task is not None:
            reply.task.cancel()
        played = self._mouth.progress(reply.id)
        kept = self._rate.words_heard(reply.text, played)
        self.history.said(reply.id, kept)
        self._stopped = (reply, played)
        self._mouth.stop(reply.id, kept)

    def _ask(self, words: str, speech_end_s: float) -> None:
        assert self._mouth is not None
        reply = self._reply = _Reply(words, Latency(speech_end_s, self._clock()))
        reply.task = asyncio.create_task(self._answer(reply, self._mouth))
        self._tasks.add(reply.task)
        reply.task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (exc := task.exception()) is not None:
            log.error("a reply was not ended", exc_info=exc)

    async def _answer(self, reply: _Reply, mouth: Mouth) -> None:
        try:
            await mouth.begin(reply.id, reply.heard)
            await self._stream(reply, mouth)
            spoken = await mouth.end(reply.id)
        except MakimaError as exc:
            spoken = await self._fail(reply, mouth, exc)
        except Exception:
            log.exception("a reply failed")
            spoken = await self._fail(reply, mouth, EngineError("The reply failed."))
        if not spoken:
            self.over(reply.id, Played())

    async def _stream(self, reply: _Reply, mouth: Mouth) -> None:
        async with aclosing(self.model.reply(self.history.messages())) as pieces:
            async for piece in pieces:
                if isinstance(piece, Correction):
                    await self._begin_anew(reply, mouth)
                    continue
                reply.latency.first_token_s = reply.latency.first_token_s or self._clock()
                await self._say(reply, mouth, without_controls(piece))
                if reply.full:
                    break
        if not reply.text:
            raise UpstreamError("chat model", "the answer is empty.", retryable=True)

    async def _say(self, reply: _Reply, mouth: Mouth, text: str, language: str | None = None) -> None:
        room = MAX_REPLY_CHARACTERS - len(reply.text) - len(reply.unsaid)
        text = text if len(text) <= room else whole_words(text, room) or text[:room]
        if not reply.text:
            text, speakable = (reply.unsaid + text).lstrip(), is_speakable(text)
            reply.unsaid = "" if speakable else text
            if not speakable:  # it may be all there is of the answer, and then there is none
                return
            reply.latency.first_text_s = self._clock()
        for begin in range(0, len(text), MAX_PIECE_CHARACTERS):
            piece = text[begin : begin + MAX_PIECE_CHARACTERS]
            reply.text += piece
            await mouth.say(reply.id, piece, language)

    async def _begin_anew(self, reply: _Reply, mouth: Mouth) -> None:
        """What was said until now was no part of the answer: it ends, and counts as not said."""
        reply.unsaid = ""
        if not reply.text:
            return
        mouth.stop(reply.id, "")
        reply.id, reply.text = _new_id(), ""
        reply.latency.first_token_s = None
        self._on(Event.WITHDRAWN)
        await mouth.begin(reply.id, reply.heard)

    async def _fail(self, reply: _Reply, mouth: Mouth, error: MakimaError) -> bool:
        """Tell the client, and say so where nothing has been said. Whether the reply is now being spoken to its end."""
        log.warning("no reply: %s", error)
        await self._tell(reply, mouth, error)
        try:
            if not reply.text:
                reply.unsaid = ""
                await self._say(reply, mouth, SORRY, "English")
            return await mouth.end(reply.id)
        except MakimaError as exc:  # the session refuses to speak as well
            log.warning("nothing can be said: %s", exc)
        except Exception:
            log.exception("a reply could not be ended")
        try:
            mouth.stop(reply.id, "")
        except Exception:
            log.exception("a reply could not be stopped")
        return False

    async def _tell(self, reply: _Reply, mouth: Mouth, error: MakimaError) -> None:
        try:
            await mouth.fail(reply.id, error)
        except Exception:
            log.exception("an error could not be told: %s", error)
            with suppress(Exception):
                await mouth.fail(reply.id, EngineError("The reply failed."))


class Listener:
    """One listening session's place in a conversation."""

    def __init__(
        self,
        conversation: Conversation,
        guard: Callable[[bool], None],
        replaced: Callable[[bool], None] | None = None,
    ) -> None:
        self.guard = guard
        self.replaced: Callable[[bool], None] = replaced or (lambda _: None)
        self._conversation = conversation
        self._hearing = Hearing()

    def hear(self, event: ListenEvent, position_ms: float | None = None) -> None:
        """Take what the session yields, when so much audio has been fed to it."""
        known = self._hearing.take(event)
        if known is None:
            return
        words, speech_end_s = "", self._conversation._clock()
        if isinstance(event, Final):
            words = event.text
            if position_ms is not None:
                speech_end_s -= max(0.0, position_ms - event.end_ms) / 1000
        self._conversation._take(self, known, words, speech_end_s)

    def pause(self) -> None:
        """What it has begun to hear is not awaited any more."""
        if (event := self._hearing.left()) is not None:
            self._conversation._take(self, event)

    def leave(self) -> None:
        """The session has ended. Idempotent."""
        self.pause()
        self._conversation._gone(self)
