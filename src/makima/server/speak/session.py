"""The rules of one `/api/v1/speak` session, without input or output.

`Session.receive` applies a message by `rules.RULES` and returns the effects that the socket carries out. A message that
is refused raises a `MakimaError` and changes nothing.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Mapping

from makima.audio.tempo import check_speed
from makima.errors import CapacityError, InvalidMessage, InvalidText, MakimaError, VoiceNotFound
from makima.priority import Priority
from makima.server import wire
from makima.server.error_map import CLOSE_NORMAL
from makima.server.speak.effects import (
    Begin,
    CancelSpeech,
    Choices,
    Close,
    Effect,
    Feed,
    Halt,
    Note,
    Send,
    Utterance,
    cut_short,
)
from makima.server.speak.late_text import LateText
from makima.server.speak.rules import RULES, Rule, State
from makima.text.language import spoken_language
from makima.text.pronunciations import from_mapping, joined
from makima.text.speakable import check_characters, check_utterance, is_speakable
from makima.voices.catalog import VoiceCatalog

MAX_WAITING = 8
MAX_STREAMED_CHARACTERS = 20_000
"""Of one utterance that comes by `append`."""

RETRY_AFTER_S = 1.0
"""What a full queue asks for: about the time until the next utterance of usual length begins."""


class Session:
    """One session's state: its choices, the utterance being spoken, those that wait, and the one being written."""

    def __init__(self, session_id: str, voices: VoiceCatalog, notice: Callable[[], str] = lambda: "") -> None:
        """`notice` is what clients are to be told of the engine, if there is anything."""
        self._notice = notice
        self.session_id = session_id
        self.state = State.CONNECTING
        self.choices = Choices(voice=voices.default.id)
        self.current: Utterance | None = None
        self.waiting: list[Utterance] = []
        self.writing: Utterance | None = None
        self.draining = False
        self._voices = voices
        self._order = itertools.count(1)
        self._late = LateText()
        self._late_reply: str | None = None
        self._apply: Mapping[Rule, Callable[..., list[Effect]]] = {
            Rule.CONFIGURE: self._configure,
            Rule.ENQUEUE: self._enqueue,
            Rule.APPEND: self._append,
            Rule.END: self._end,
            Rule.CANCEL: self._cancel,
            Rule.STOP: self._stop,
        }

    @property
    def idle(self) -> bool:
        return self.current is None and not self.waiting and self.writing is None

    def connected(self) -> None:
        """The socket is open and `ready` was sent."""
        self.state = State.READY

    def receive(self, message: wire.ClientMessage) -> list[Effect]:
        """Apply a client's message.

        Raises: InvalidMessage, InvalidText, VoiceNotFound, CapacityError; then nothing has changed.
        """
        return self._apply[self._rule(message.type)](message)

    def write_reply(self, request_id: str, text: str, language: str | None = None) -> list[Effect]:
        """Add the next piece of a conversation's reply; the first one begins its utterance.

        The text is the server's own, so its characters need no check.

        Raises: InvalidMessage, InvalidText, CapacityError; then nothing has changed.
        """
        self._rule("append")
        if request_id == self._late_reply:
            return []
        if self.writing is None:
            utterance = self._utterance(request_id, language=language)
            utterance.is_reply = True
            return self._begin_writing(utterance, text)
        self._check_written(request_id)
        return [*self._write(self.writing, text), *self._next()]

    def end_reply(self, request_id: str) -> list[Effect]:
        """The reply is complete.

        Raises: InvalidMessage; then nothing has changed.
        """
        self._rule("end")
        return [] if request_id == self._late_reply else self._end_writing(request_id)

    def finished(self) -> list[Effect]:
        """The utterance being spoken has ended, for whatever reason; the next one begins."""
        if self.current is not None:
            self._drop_rest(self.current)
        self.current = None
        return self._next()

    def text_missing(self, utterance: Utterance, error: MakimaError) -> list[Effect]:
        """No more text of this utterance has come in time. Once it is being spoken, `finished` tells its end."""
        if utterance is not self.writing or utterance is self.current:
            return []
        self.waiting.remove(utterance)
        self._drop_rest(utterance)
        return [Send(wire.error(error, utterance.request_id)), *self._next()]

    def failed(self) -> None:
        """The socket is closed, or an error outside the rules ended the session."""
        if self.state is not State.STOPPED:
            self.state = State.FAILED

    def _configure(self, message: wire.Start) -> list[Effect]:
        if message.respond and message.contract_id is None:
            raise InvalidMessage("respond: a conversation needs a contractId.", mend="Send the listen session's own.")
        language = spoken_language(message.language) if message.language else "English"
        started: dict[str, object] = {"type": "started"}
        warnings = [notice] if (notice := self._notice()) else []
        try:
            voice = self._voices.find(message.voice).id
        except VoiceNotFound as exc:
            voice = self._voices.default.id
            warnings.append(f"{exc.message} The default voice {voice!r} is used.")
        if warnings:
            started["warning"] = " ".join(warnings)
        self.choices = Choices(
            voice=voice,
            language=language,
            sample_rate_hz=message.sample_rate,
            encoding=message.encoding,
            transport=message.transport,
            seed=message.seed,
            contract_id=message.contract_id,
            respond=message.respond,
            pronunciations=from_mapping(message.pronunciations or {}),
            word_times=message.word_times,
            speed=check_speed(message.speed),
            notice=notice,
        )
        self.state = State.STARTED
        self._late.another_begins()
        started |= {
            "sampleRate": message.sample_rate,
            "encoding": message.encoding.value,
            "voice": voice,
            "language": language,
            "transport": message.transport,
            "sessionId": self.session_id,
        }
        if message.contract_id is not None:
            started["contractId"] = message.contract_id
        return [Send(started)]

    def _enqueue(self, message: wire.Speak) -> list[Effect]:
        text = check_utterance(message.text)
        utterance = self._asked(message)
        utterance.text, utterance.complete = text, True
        self.waiting.append(utterance)
        return self._next()

    def _append(self, message: wire.Append) -> list[Effect]:
        if self.is_late(message.request_id):
            return []
        utterance = self.writing
        if utterance is None:
            utterance = self._asked(message)
        else:
            self._check_written(message.request_id)
        joiner = copy.copy(utterance.joiner)  # so that a refused piece leaves no trace
        text = joiner.feed(message.text)
        check_characters(text)
        begun = utterance is not self.writing
        effects = self._begin_writing(utterance, text) if begun else [*self._write(utterance, text), *self._next()]
        utterance.joiner = joiner
        return effects

    def _begin_writing(self, utterance: Utterance, text: str) -> list[Effect]:
        self._write(utterance, text)
        if not utterance.is_reply:
            self._late.another_begins()
        self.writing = utterance
        self.waiting.append(utterance)
        return self._next()

    def _write(self, utterance: Utterance, text: str) -> list[Effect]:
        if len(utterance.text) + len(text) > MAX_STREAMED_CHARACTERS:
            raise InvalidText(f"An utterance by append has at most {MAX_STREAMED_CHARACTERS:,} characters.")
        utterance.text += text
        return [Feed(utterance, text, complete=False)] if utterance is self.current and text else []

    def _check_written(self, request_id: str | None) -> None:
        assert self.writing is not None
        if request_id not in (None, self.writing.request_id):
            raise InvalidMessage(
                f"The text of {self.writing.request_id!r} is not complete.", mend="Send end before the next append."
            )

    def _end(self, message: wire.End) -> list[Effect]:
        if self.is_late(message.request_id):
            self._late.end(message.request_id)
            return []
        return self._end_writing(message.request_id)

    def is_late(self, request_id: str | None) -> bool:
        """Whether a client's text or its end belongs to an utterance that ended before its text was complete."""
        if request_id is None and self.writing is not None and not self.writing.is_reply:
            return False
        return self._late.has(request_id)

    def _end_writing(self, request_id: str | None) -> list[Effect]:
        utterance = self.writing
        if utterance is None:
            raise InvalidMessage("There is no text to end.", mend="Send append first.")
        if request_id not in (None, utterance.request_id):
            raise InvalidMessage(f"The text being written is that of {utterance.request_id!r}.")
        self.writing = None
        utterance.complete = True
        effects: list[Effect] = []
        if half := utterance.joiner.flush():
            error = InvalidText(f"The text ended with half of a surrogate pair (U+{ord(half):04X}), which is left out.")
            effects.append(Send(wire.refusal(error)))
        if utterance is self.current:
            return [*effects, Feed(utterance, "", complete=True)]
        if not is_speakable(utterance.text):
            self.waiting.remove(utterance)
            error = InvalidText("There is nothing in the text that can be spoken.")
            effects.append(Send(wire.error(error, utterance.request_id)))
        return effects + self._next()

    def _cancel(self, message: wire.Cancel) -> list[Effect]:
        return self._drop(message.request_id)

    def interrupt(self, request_id: str, note: Note) -> list[Effect]:
        """A speaker has interrupted this utterance; `note` goes into the `interrupted` message."""
        return self._drop(request_id, note) if self.knows(request_id) else [Send(cut_short(request_id, 0, note))]

    def is_open(self, request_id: str) -> bool:
        """Whether an utterance of this id was accepted, and neither has ended nor was cancelled."""
        return any(
            u is not None and u.request_id == request_id and not u.cancelled for u in (*self.waiting, self.current)
        )

    def knows(self, request_id: str) -> bool:
        """Whether this utterance is being spoken, or waits."""
        return any(u is not None and u.request_id == request_id for u in (*self.waiting, self.current))

    def _drop(self, wanted: str | None, note: Note | None = None) -> list[Effect]:
        effects: list[Effect] = []
        current = self.current
        if current is not None and not current.cancelled and wanted in (None, current.request_id):
            current.cancelled = True
            self._drop_rest(current)
            effects.append(CancelSpeech(current, note))
        for utterance in list(self.waiting):
            if wanted in (None, utterance.request_id):
                self.waiting.remove(utterance)
                self._drop_rest(utterance)
                effects.append(Send(cut_short(utterance.request_id, 0, note)))
        return effects + self._next()

    def _stop(self, message: wire.Stop) -> list[Effect]:
        return self.stop(message.reason or "stopped by the client")

    def stop(self, reason: str, code: int = CLOSE_NORMAL) -> list[Effect]:
        """End the session: nothing more is spoken. At a shutdown, which clients did not ask for, each is told of it."""
        dropped = list(self.waiting) if self.draining else []
        ends = [Send(wire.error(_shutting_down(), utterance.request_id)) for utterance in dropped]
        self.waiting.clear()
        self.writing = None
        self.state = State.STOPPED
        return [Halt(), *ends, Send({"type": "stopped", "reason": reason}), Close(code)]

    def _drop_rest(self, utterance: Utterance) -> None:
        """Drop what still comes of this utterance's text, if it is being written."""
        if utterance is not self.writing:
            return
        self.writing = None
        if utterance.is_reply:
            self._late_reply = utterance.request_id
            return
        self._late.add(utterance.request_id)

    def _next(self) -> list[Effect]:
        """Begin the utterance whose turn it is, if none is being spoken."""
        if self.state in (State.STOPPED, State.FAILED) or self.current is not None:
            return []
        # One by append waits for a speakable character: before it, its language and prompt layout are unknown.
        ready = [u for u in self.waiting if u.complete or is_speakable(u.text)]
        if not ready:
            if self.state is State.SPEAKING:
                self.state = State.STARTED
            return []
        utterance = min(ready, key=lambda u: u.rank)
        self.waiting.remove(utterance)
        self.current = utterance
        self.state = State.SPEAKING
        return [Begin(utterance)]

    def _asked(self, message: wire.Speak | wire.Append) -> Utterance:
        own = from_mapping(message.pronunciations or {})
        utterance = self._utterance(message.request_id, message.priority, message.voice, message.language)
        utterance.pronunciations = joined(utterance.pronunciations, own)
        if message.speed is not None:
            utterance.speed = check_speed(message.speed)
        return utterance

    def _utterance(
        self,
        request_id: str | None,
        priority: Priority = "normal",
        voice: str | None = None,
        language: str | None = None,
    ) -> Utterance:
        """A new utterance, without its text."""
        if self.draining:
            raise _shutting_down()
        if len(self.waiting) >= MAX_WAITING:
            raise CapacityError(f"{MAX_WAITING} utterances wait already.", retry_after_s=RETRY_AFTER_S)
        if request_id is not None and self.is_open(request_id):
            raise InvalidMessage(f"requestId {request_id!r} is already in use.")
        voice = self._voices.find(voice).id if voice else self.choices.voice
        language = spoken_language(language) if language else self.choices.language
        order = next(self._order)
        identity = request_id or f"{self.session_id}-{order}"
        words = self.choices.pronunciations
        return Utterance(identity, order, priority, voice, language, words, self.session_id, self.choices.speed)

    def _rule(self, kind: str) -> Rule:
        rule = RULES[self.state][kind]
        if rule is Rule.REFUSE:
            raise InvalidMessage(f"{kind!r} is out of place while the session is {self.state}.")
        return rule


def _shutting_down() -> CapacityError:
    return CapacityError("The server is shutting down.", retry_after_s=5.0)
