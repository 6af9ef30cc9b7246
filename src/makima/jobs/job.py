"""A job: a long text that is spoken in the background, what it is to sound like, and how far it has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """What a job has come to."""

    QUEUED = "queued"
    RUNNING = "running"
    ENCODING = "encoding"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNFINISHED: Final = (State.QUEUED, State.RUNNING, State.ENCODING, State.PAUSED, State.FAILED)
RUNNABLE: Final = (State.QUEUED, State.RUNNING, State.ENCODING)
OVER: Final = (State.DONE, State.CANCELLED)


class BookFormat(StrEnum):
    """What file comes out."""

    M4B = "m4b"
    MP3 = "mp3"
    WAV = "wav"

    @property
    def media_type(self) -> str:
        """The `Content-Type` of the file."""
        return {"m4b": "audio/mp4", "mp3": "audio/mpeg", "wav": "audio/wav"}[self.value]


@dataclass(frozen=True, slots=True)
class Manner:
    """How a text is spoken. `language` is a name, or `Auto`, which is then chosen sentence by sentence."""

    voice: str
    language: str
    speed: float = 1.0
    seed: int | None = None
    pronunciations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """What is spoken and kept at once: a paragraph, or a few sentences of a longer one.

    Units: pause_ms is the silence behind it; offset_samples is where it begins in its chapter
    """

    number: int
    chapter: int
    text: str
    pause_ms: int
    offset_samples: int = 0


@dataclass(frozen=True, slots=True)
class ChapterProgress:
    """A chapter, and how far it has come."""

    number: int
    title: str
    characters: int
    characters_done: int
    samples: int


@dataclass(frozen=True, slots=True)
class Job:
    """One job as it stands. `revision` grows with every change; `reason` says why it failed.

    Units: spoken_s is the time that speaking has taken so far, created_s and updated_s are seconds since 1970
    """

    id: str
    owner: str
    title: str
    author: str | None
    form: BookFormat
    manner: Manner
    fingerprint: str
    rate_hz: int
    state: State
    reason: str | None
    revision: int
    created_s: float
    updated_s: float
    characters: int
    characters_done: int
    steps: int
    steps_done: int
    samples: int
    spoken_s: float
    encoded: float = 0.0

    @property
    def audio_s(self) -> float:
        """How much sound there is so far."""
        return self.samples / self.rate_hz

    @property
    def audio_total_s(self) -> float | None:
        """How much sound there will be, as far as can be told from what there is."""
        if self.steps_done == self.steps:
            return self.audio_s
        return self.audio_s * self.characters / self.characters_done if self.characters_done else None

    @property
    def left_s(self) -> float | None:
        """How long speaking the rest will take at the pace so far."""
        if self.state in OVER or self.steps_done == self.steps:
            return 0.0
        if not self.characters_done:
            return None
        return self.spoken_s * (self.characters - self.characters_done) / self.characters_done
