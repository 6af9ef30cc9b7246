"""What a speak session's rules ask its socket to do, and the utterances that this is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from makima.audio.pcm import Encoding
from makima.priority import RANK, Priority
from makima.server import wire
from makima.server.error_map import CLOSE_NORMAL
from makima.text.pronunciations import NONE, Pronunciations
from makima.text.surrogates import SurrogateJoiner

Note: TypeAlias = Mapping[str, object]
"""Further fields of an `interrupted` message."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a session has chosen with `start`; before it, the defaults."""

    voice: str
    language: str = "English"
    sample_rate_hz: int = wire.DEFAULT_RATE_HZ
    encoding: Encoding = Encoding.PCM16
    transport: wire.Transport = "binary"
    seed: int | None = None
    contract_id: str | None = None
    respond: bool = False
    pronunciations: Pronunciations = NONE
    word_times: bool = False
    speed: float = 1.0
    notice: str = ""
    """What the client was told of the engine."""


@dataclass(eq=False, slots=True)
class Utterance:
    """One text to be spoken. `text` grows until `complete`."""

    request_id: str
    order: int
    priority: Priority
    voice: str
    language: str
    pronunciations: Pronunciations = NONE
    session_id: str | None = None
    speed: float = 1.0
    text: str = ""
    complete: bool = False
    is_reply: bool = field(default=False, repr=False)
    """The server writes its text: it is a conversation's reply."""
    cancelled: bool = False
    """It ends as soon as the engine has released it. Its id is free already."""
    joiner: SurrogateJoiner = field(default_factory=SurrogateJoiner, repr=False)

    @property
    def rank(self) -> tuple[int, int]:
        return RANK[self.priority], self.order


@dataclass(frozen=True, slots=True)
class Send:
    """Send this message."""

    message: dict[str, object]


@dataclass(frozen=True, slots=True)
class Begin:
    """Speak this utterance: its text so far, and what `Feed` brings."""

    utterance: Utterance


@dataclass(frozen=True, slots=True)
class Feed:
    """More text for the utterance being spoken; `complete` with the last of it."""

    utterance: Utterance
    text: str
    complete: bool


@dataclass(frozen=True, slots=True)
class CancelSpeech:
    """End the utterance being spoken; with a `note`, as interrupted. `Session.finished` follows."""

    utterance: Utterance
    note: Note | None = None


@dataclass(frozen=True, slots=True)
class Halt:
    """End the utterance being spoken without a message about it."""


@dataclass(frozen=True, slots=True)
class Close:
    """Close the socket."""

    code: int = CLOSE_NORMAL


Effect: TypeAlias = Send | Begin | Feed | CancelSpeech | Halt | Close


def cut_short(request_id: str, audio_ms: int, note: Note | None = None) -> dict[str, object]:
    """The `cancelled` message, or with a `note` the `interrupted` one."""
    if note is not None:
        return {"type": "interrupted", "requestId": request_id, "audioLengthMs": audio_ms, **note}
    return {"type": "cancelled", "requestId": request_id, "code": "CANCELLED", "audioLengthMs": audio_ms}
