"""The seam every recogniser stands behind, and what a listening session yields.

All of it is plain synchronous code. A `ListenStream` is fed audio at whatever pace and answers with events; threads of
its own find speech and recognise it. Its consumer polls it from one thread at a time, as a `SpeechStream`'s does.

Times are counted in samples that were fed, so that a clock that drifts or a client that pauses moves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from makima.errors import MakimaError
from makima.events import OnLoading, Samples

RATE_HZ = 16_000
"""What speech is found and recognised at; audio of any other rate is converted on its way in."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Someone has begun to speak. `utterance` counts from 1 and ties later events to this one."""

    utterance: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Partial:
    """The words of an utterance that are settled while it is still being spoken. Each begins with the one before."""

    utterance: int
    text: str
    start_ms: int
    end_ms: int
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The utterance is over; its `Final` follows once it is recognised, which may be after the next has started."""

    utterance: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Final:
    """The whole utterance. `text` is empty where no words were found in it; `speaker` is None without diarization."""

    utterance: int
    text: str
    start_ms: int
    end_ms: int
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Missed:
    """In place of a `Final`: the recogniser failed on this utterance. The session goes on."""

    utterance: int
    error: MakimaError


@dataclass(frozen=True, slots=True)
class ListenEnd:
    """The last event of every stream. `end`: all was heard. `cancelled`: asked for. `failed`: `error` says why."""

    reason: Literal["end", "cancelled", "failed"]
    error: MakimaError | None = None


ListenEvent: TypeAlias = SpeechStarted | Partial | SpeechEnded | Final | Missed | ListenEnd
"""Of each utterance: `SpeechStarted`, `Partial`s, `SpeechEnded`, then one `Final` or `Missed`."""


@dataclass(frozen=True, slots=True)
class ListenRequest:
    """What is listened to. `language` is a name of `makima.text.language.LANGUAGES` or `Auto`."""

    sample_rate_hz: int
    language: str = "English"
    diarize: bool = False


class ListenStream(Protocol):
    """One listening session. Yields events, then exactly one `ListenEnd`, and nothing after it."""

    @property
    def full(self) -> bool:
        """Whether so much audio waits that the caller should hold back, until notice comes that it no longer does."""

    def feed(self, samples: Samples) -> None:
        """Add audio [S] at the request's rate; never blocks. No effect after the end."""

    def end_audio(self) -> None:
        """Say that there is no more: what was heard is recognised, then the stream ends. Idempotent."""

    def guard(self, on: bool) -> None:
        """Ask more of what counts as speech, while our own voice may be heard in it. From any thread."""

    def cancel(self) -> None:
        """End the stream as `cancelled`, dropping what waits. Idempotent, from any thread."""

    def poll(self) -> ListenEvent | None:
        """The next event if there is one; never blocks."""

    def subscribe(self, notify: Callable[[], None]) -> None:
        """Call `notify`, from whatever thread, when there is an event, or room again; at once if there is an event."""

    def __iter__(self) -> Iterator[ListenEvent]:
        """Events as they come, blocking, up to and with the `ListenEnd`."""


@dataclass(frozen=True, slots=True)
class RecognizerCapabilities:
    """What a recogniser can do. `embedded` says that it comes with the package, and makes many mistakes."""

    languages: tuple[str, ...]
    model: str
    embedded: bool = False


class Recognition(Protocol):
    """One utterance being recognised, by one thread. `hypothesis` and `finish` may take a while.

    Raises, from each: RecognitionFailed
    """

    def feed(self, samples: Samples) -> None:
        """Add audio [S] at RATE_HZ."""

    def hypothesis(self) -> str:
        """The best guess at the words so far; later ones may differ in any of them."""

    def finish(self) -> str:
        """The words, now that all audio is in."""

    def close(self) -> None:
        """Give back what this utterance holds. Idempotent."""


@runtime_checkable
class Recognizer(Protocol):
    """Speech to text: loads once, then recognises utterances, several at a time where it can."""

    @property
    def name(self) -> str: ...

    @property
    def capabilities(self) -> RecognizerCapabilities: ...

    @property
    def loaded(self) -> bool: ...

    def load(self, on_loading: OnLoading) -> None:
        """Make it ready, blocking. Idempotent, callable from any thread.

        Raises: AssetError naming what is missing and the command that installs it
        """

    def open(self, language: str, after: Recognition | None = None) -> Recognition:
        """Begin an utterance, waiting for its turn where only so many are recognised at once.

        `after` is the one before it in the same session, which has the same microphone and likely the same voice.
        """

    def close(self) -> None:
        """Free what the recogniser holds. Idempotent."""


class Diarizer(Protocol):
    """Tells the speakers of one session apart."""

    def speaker(self, utterance: Samples) -> str | None:
        """A label for who speaks in `utterance` [S] at RATE_HZ, the same for the same voice; None if unclear."""


class TurnDetector(Protocol):
    """Judges, once someone pauses, whether they have said all they wanted to."""

    def complete(self, utterance: Samples) -> float:
        """The probability, 0 to 1, that the turn is over after `utterance` [S] at RATE_HZ."""
