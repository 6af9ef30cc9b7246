"""The rules of one `/api/v1/listen` session, without input or output.

`RULES` says what each message and each binary frame does in each state. The socket carries out the effects. A message
that is refused raises a `MakimaError` and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from makima.audio.pcm import Encoding, decode
from makima.errors import CapacityError, InvalidMessage
from makima.events import Samples
from makima.server import wire
from makima.server.error_map import CLOSE_INTERNAL, CLOSE_NORMAL
from makima.server.listen import messages
from makima.stt.protocol import ListenEnd, ListenEvent, ListenRequest
from makima.text.language import AUTO, spoken_language


class State(StrEnum):
    CONNECTING = "connecting"
    READY = "ready"
    LISTENING = "listening"
    ENDING = "ending"  # no more audio is accepted; the last utterance is still being recognised
    STOPPED = "stopped"
    FAILED = "failed"


class Rule(StrEnum):
    """What a message does."""

    OPEN = "open"
    HEAR = "hear"
    END = "end"
    STOP = "stop"
    TYPE = "type"
    DROP = "drop"
    REFUSE = "refuse"


def _row(
    start: Rule = Rule.REFUSE, audio: Rule = Rule.REFUSE, text: Rule = Rule.REFUSE, stop: Rule = Rule.REFUSE
) -> Mapping[str, Rule]:
    return MappingProxyType({"start": start, "audio": audio, "text": text, "stop": stop})


RULES: Mapping[State, Mapping[str, Rule]] = MappingProxyType(
    {
        State.CONNECTING: _row(),
        State.READY: _row(start=Rule.OPEN, stop=Rule.STOP),
        State.LISTENING: _row(audio=Rule.HEAR, text=Rule.TYPE, stop=Rule.END),
        # Audio that was sent before the client or the server ended the session arrives after it.
        State.ENDING: _row(audio=Rule.DROP, stop=Rule.DROP),
        State.STOPPED: _row(audio=Rule.DROP, stop=Rule.DROP),
        State.FAILED: _row(audio=Rule.DROP, stop=Rule.DROP),
    }
)


@dataclass(frozen=True, slots=True)
class Send:
    """Send this message."""

    message: dict[str, object]


@dataclass(frozen=True, slots=True)
class Open:
    """Load the recogniser, open a stream, join the conversation `contract_id`; then send `started`."""

    request: ListenRequest
    contract_id: str | None
    started: dict[str, object]


@dataclass(frozen=True, slots=True)
class Feed:
    """More audio for the stream."""

    samples: Samples


@dataclass(frozen=True, slots=True)
class Typed:
    """What someone typed, for the conversation."""

    text: str


@dataclass(frozen=True, slots=True)
class EndAudio:
    """The stream's audio is complete."""


@dataclass(frozen=True, slots=True)
class Close:
    """Close the socket."""

    code: int = CLOSE_NORMAL


Effect: TypeAlias = Send | Open | Feed | Typed | EndAudio | Close


class ListenSession:
    """One session's state. `languages` are those of the recogniser."""

    def __init__(self, session_id: str, languages: Sequence[str]) -> None:
        self.session_id = session_id
        self.state = State.CONNECTING
        self.draining = False
        self._languages = tuple(languages)
        self._encoding = Encoding.PCM16
        self._rest = b""  # of a sample that two frames share
        self._told = False
        self._converses = False
        self._goodbye = ("", CLOSE_NORMAL)

    def connected(self) -> None:
        """The socket is open and `ready` was sent."""
        self.state = State.READY

    def receive(self, message: messages.ListenMessage) -> list[Effect]:
        """Apply a client's message.

        Raises: InvalidMessage, CapacityError
        """
        if isinstance(message, wire.Stop):
            return self.stop(message.reason or "stopped by the client")
        if isinstance(message, messages.ListenText):
            return self._typed(message.text)
        self._check("start")
        if self.draining:
            raise CapacityError("The server is shutting down.", retry_after_s=5.0)
        asked = spoken_language(message.language) if message.language else self._languages[0]
        known = asked == AUTO or asked in self._languages
        language = asked if known else self._languages[0]
        started: dict[str, object] = {
            "type": "started",
            "sampleRate": message.sample_rate,
            "encoding": message.encoding.value,
            "language": language,
            "diarize": message.diarize,
            "sessionId": self.session_id,
        }
        if message.contract_id is not None:
            started["contractId"] = message.contract_id
        if not known:
            understood = ", ".join(self._languages)
            started["warning"] = f"{asked} is not understood by this recogniser, which knows: {understood}."
        self.state = State.LISTENING
        self._converses = message.contract_id is not None
        self._encoding = message.encoding
        request = ListenRequest(message.sample_rate, language, message.diarize)
        return [Open(request, message.contract_id, started)]

    def _typed(self, text: str) -> list[Effect]:
        self._check("text")
        if not self._converses:
            raise InvalidMessage("Text is for a conversation.", mend="Name one in start, as contractId.")
        if not text.strip():
            raise InvalidMessage("text: There are no words in it.")
        return [Typed(text.strip())]

    def audio(self, data: bytes) -> list[Effect]:
        """Apply a binary frame, which may begin and end within a sample.

        Raises: InvalidMessage, once, if no audio is expected
        """
        rule = RULES[self.state]["audio"]
        if rule is Rule.REFUSE and not self._told:
            self._told = True  # a client sends up to fifty frames a second
            raise InvalidMessage("Audio is out of place before start.", mend="Send start first, to say what it is.")
        if rule is not Rule.HEAR:
            return []
        data = self._rest + data
        whole = len(data) - len(data) % self._encoding.sample_bytes
        self._rest = data[whole:]
        return [Feed(decode(data[:whole], self._encoding))] if whole else []

    def stop(self, reason: str, code: int = CLOSE_NORMAL) -> list[Effect]:
        """End the session once all audio is recognised.

        Raises: InvalidMessage
        """
        rule = self._check("stop")
        if rule is Rule.DROP:
            return []
        self._goodbye = (reason, code)
        if rule is Rule.STOP:
            return self._farewell()
        self.state = State.ENDING
        return [EndAudio()]

    def heard(self, event: ListenEvent) -> list[Effect]:
        """Apply an event of the stream."""
        if self.state in (State.STOPPED, State.FAILED):
            return []
        if not isinstance(event, ListenEnd):
            return [Send(messages.event(event))]
        if event.error is None:
            return self._farewell()
        self.state = State.FAILED
        return [Send(wire.error(event.error)), Close(CLOSE_INTERNAL)]

    def failed(self) -> None:
        """The socket is closed, or an error outside the rules ended the session."""
        if self.state is not State.STOPPED:
            self.state = State.FAILED

    def not_opened(self) -> list[Effect]:
        """The stream could not be opened: `start` may be sent again."""
        if self.state is State.ENDING:
            return self._farewell()
        self.state = State.READY
        return []

    def _check(self, kind: str) -> Rule:
        rule = RULES[self.state][kind]
        if rule is Rule.REFUSE:
            raise InvalidMessage(f"{kind!r} is out of place while the session is {self.state}.")
        return rule

    def _farewell(self) -> list[Effect]:
        reason, code = self._goodbye
        self.state = State.STOPPED
        return [Send({"type": "stopped", "reason": reason}), Close(code)]
