"""One conversation as it runs: words that are heard go to the chat model, and what it answers goes to the engine."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from makima.dialogue.history import History, Played, SpeakingRate
from makima.dialogue.latency import Latency
from makima.dialogue.listener import Listener
from makima.dialogue.mouth import Mouth
from makima.dialogue.reply import Answering, Reply
from makima.dialogue.turns import Action, Event, State, outcome
from makima.llm.protocol import ChatModel

log = logging.getLogger(__name__)


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
        self._reply: Reply | None = None
        self._stopped: tuple[Reply, Played] | None = None
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

    # What a listener calls:

    def now_s(self) -> float:
        return self._clock()

    def take(self, listener: Listener, event: Event, words: str = "", speech_end_s: float = 0.0) -> None:
        if listener is self._listener:
            self._on(event, words, speech_end_s)

    def gone(self, listener: Listener) -> None:
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
        reply = self._reply = Reply(words, Latency(speech_end_s, self._clock()))
        reply.task = asyncio.create_task(self._answer(reply, self._mouth))
        self._tasks.add(reply.task)
        reply.task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (exc := task.exception()) is not None:
            log.error("a reply was not ended", exc_info=exc)

    async def _answer(self, reply: Reply, mouth: Mouth) -> None:
        answering = Answering(reply, mouth, self.model, self._clock, lambda: self._on(Event.WITHDRAWN))
        if not await answering.run(self.history.messages):
            self.over(reply.id, Played())
