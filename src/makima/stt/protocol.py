"""The interface of recognisers, and the events of a listening session.

All of it is synchronous code. A `ListenStream` takes audio at any pace and yields events; its own threads find and
recognise speech. Its consumer polls it from one thread at a time, as with a `SpeechStream`.

Times are counted in samples that were fed, so that they do not depend on clocks or on pauses of the client.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from makima.errors import MakimaError
from makima.events import OnLoading, Samples

RATE_HZ = 16_000
"""The sample rate of detection and recognition; other audio is resampled first."""


HYPOTHESIS_EVERY_S = 0.48
"""New audio between two hypotheses of an open utterance. Two that agree settle a word, so it takes twice this long."""


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word, with the marks around it, and when it was said."""

    text: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Speech has started. `utterance` counts from 1 and links later events to this one."""

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
    """The whole utterance. `text` is empty where no words were found in it; `speaker` is None without diarization.

    `words` is empty where the recogniser does not tell when each was said.
    """

    utterance: int
    text: str
    start_ms: int
    end_ms: int
    speaker: str | None = None
    words: tuple[HeardWord, ...] = ()


@dataclass(frozen=True, slots=True)
class Missed:
    """In place of a `Final`: the recogniser failed on this utterance. The session goes on."""

    utterance: int
    error: MakimaError


@dataclass(frozen=True, slots=True)
class ListenEnd:
    """The last event of every stream. `end`: all audio was processed. `failed`: `error` says why."""

    reason: Literal["end", "cancelled", "failed"]
    error: MakimaError | None = None


ListenEvent: TypeAlias = SpeechStarted | Partial | SpeechEnded | Final | Missed | ListenEnd
"""For each utterance: `SpeechStarted`, `Partial`s, `SpeechEnded`, then one `Final` or `Missed`."""


@dataclass(frozen=True, slots=True)
class ListenRequest:
    """The audio of a session. `language` is a name of `makima.text.language.LANGUAGES` or `Auto`."""

    sample_rate_hz: int
    language: str = "English"
    diarize: bool = False


class ListenStream(Protocol):
    """One listening session. Yields events, then exactly one `ListenEnd`, and nothing after it."""

    @property
    def full(self) -> bool:
        """Whether the caller should stop feeding, because too much audio waits. The end of it is notified."""

    def feed(self, samples: Samples) -> None:
        """Add audio [S] at the request's rate; never blocks. No effect after the end."""

    def end_audio(self) -> None:
        """Mark the end of the audio: what was fed is recognised, then the stream ends. Idempotent."""

    def guard(self, on: bool) -> None:
        """Use stricter rules for the start of speech, while synthesized speech is being played. From any thread."""

    def cancel(self) -> None:
        """End the stream as `cancelled` and drop what waits. Idempotent, from any thread."""

    def poll(self) -> ListenEvent | None:
        """The next event if there is one; never blocks."""

    def subscribe(self, notify: Callable[[], None]) -> None:
        """Call `notify`, from any thread, when there is an event, or room again; at once if an event waits."""

    def __iter__(self) -> Iterator[ListenEvent]:
        """Events as they come, blocking, up to and with the `ListenEnd`."""


@dataclass(frozen=True, slots=True)
class RecognizerCapabilities:
    """What a recogniser can do. `embedded`: it comes with the package, and makes many mistakes."""

    languages: tuple[str, ...]
    model: str
    embedded: bool = False
    hypothesis_every_s: float = HYPOTHESIS_EVERY_S


class Recognition(Protocol):
    """One utterance being recognised, by one thread. `hypothesis` and `finish` may take a while.

    Raises, from each: RecognitionFailed
    """

    def feed(self, samples: Samples) -> None:
        """Add audio [S] at RATE_HZ."""

    def hypothesis(self) -> str:
        """The words recognised so far; later hypotheses may differ in any of them."""

    def finish(self) -> str:
        """The words of the whole utterance."""

    @property
    def words(self) -> tuple[HeardWord, ...]:
        """After `finish`: the words with times from the start of the utterance; empty where these are not known."""

    def close(self) -> None:
        """Free what this utterance holds. Idempotent."""


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
        """Load what it needs, blocking. Idempotent, callable from any thread.

        Raises: AssetError naming what is missing and the command that installs it
        """

    def open(self, language: str, after: Recognition | None = None) -> Recognition:
        """Begin an utterance; blocks while as many are open as the recogniser can serve.

        `after` is the previous utterance of the session, which has the same microphone and likely the same voice.
        """

    def close(self) -> None:
        """Free what the recogniser holds. Idempotent."""


class Diarizer(Protocol):
    """Assigns utterances of one session to speakers."""

    def speaker(self, utterance: Samples) -> str | None:
        """A label for the speaker of `utterance` [S] at RATE_HZ, the same for the same voice; None if unclear."""


class TurnDetector(Protocol):
    """Predicts in a pause whether the speaker's turn is over."""

    def complete(self, utterance: Samples) -> float:
        """The probability, 0 to 1, that the turn is over after `utterance` [S] at RATE_HZ."""
