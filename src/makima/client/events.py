"""What a server tells its client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it stands in the text, and when it is spoken, from the utterance's start."""

    text: str
    start_ms: int
    end_ms: int


def words_of(fields: Mapping[str, Any]) -> list[Word]:
    """The words in a `words` message."""
    return [Word(word["text"], word["startMs"], word["endMs"]) for word in fields["words"]]


@dataclass(frozen=True, slots=True)
class Audio:
    """A run of speech, and the words that begin in it where they were asked for. The last run may be empty.

    Units: pcm is mono s16le at sample_rate_hz; start_ms counts from the start of the utterance
    """

    pcm: bytes
    sample_rate_hz: int
    start_ms: float
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Utterance:
    """What was heard. The text of one that is not `final` is settled, and will grow."""

    number: int
    text: str
    start_ms: int
    end_ms: int
    final: bool
    speaker: str | None = None


def utterance_of(fields: Mapping[str, Any]) -> Utterance:
    """The utterance in a `partial` or `final` message."""
    return Utterance(
        fields["utterance"],
        fields["text"],
        fields["startMs"],
        fields["endMs"],
        fields["type"] == "final",
        fields.get("speaker"),
    )


@dataclass(frozen=True, slots=True)
class Heard:
    """In a conversation: words that someone said."""

    utterance: Utterance


@dataclass(frozen=True, slots=True)
class Reply:
    """In a conversation: the next piece of a reply's text; `done` once it was spoken to its end."""

    id: str
    text: str
    done: bool = False


@dataclass(frozen=True, slots=True)
class Interrupted:
    """In a conversation: someone spoke over the reply. Throw away what was not played; `text` is what was heard."""

    id: str
    text: str
    played_ms: float


ConversationEvent: TypeAlias = Heard | Reply | Audio | Interrupted
