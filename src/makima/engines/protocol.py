"""The seam every engine stands behind.

An engine is plain synchronous code. `open` answers at once with a stream; the engine's own thread or process fills it.
A stream's consumer polls it from one thread at a time: blocking with `for event in stream`, or from an event loop
through `makima.engines.bridge`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeAlias, runtime_checkable

from makima.errors import MakimaError
from makima.events import OnLoading, SpeechEvent
from makima.priority import Priority
from makima.text.pronunciations import NONE, Pronunciations
from makima.voices.catalog import Voice, VoiceCatalog

SENTENCE_END = "\u2029"
"""The paragraph separator: what stands behind each sentence that the front end feeds to an engine."""

OnBegun: TypeAlias = Callable[[float], None]
"""Called with the seconds an utterance has waited since it could begin. From any thread; it must not block."""


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """What an utterance is to sound like, and who it goes before. The text comes by `SpeechStream.feed`.

    `language` is a name of `makima.text.language.LANGUAGES` or `Auto`; the same `seed` gives the same audio. `priority`
    counts where utterances of different sessions wait for each other. `speed` is 0.25 to 4 times the usual pace.
    `pronunciations` and `session_id`, by which the language spoken last is known, are for the front end. `sentences` is
    from it: the text comes as spoken sentences, each ended by `SENTENCE_END`, and is cut nowhere else. With
    `word_times` an engine that knows them says with each chunk which words begin in it, with their ends. `on_begun` is
    called when the engine begins to speak; again where it is spoken in several parts, of which the first counts.
    """

    voice: str
    language: str = "English"
    seed: int | None = None
    priority: Priority = "normal"
    speed: float = 1.0
    pronunciations: Pronunciations = NONE
    sentences: bool = False
    word_times: bool = False
    session_id: str | None = field(default=None, compare=False)
    on_begun: OnBegun | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class TextWishes:
    """What an engine wants the front end to leave to it, or to do for it alone. By default nothing.

    `language`: it takes `Auto` itself, and speaks all of an utterance as one. `kana`: it cannot read Japanese in
    Chinese letters. `early`: it begins a sentence before its end is written.
    """

    language: bool = False
    kana: bool = False
    early: bool = False


NO_WISHES = TextWishes()


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do, as the server's `ready` message reports it.

    `embedded` says that it loads within a second, so that nothing is saved by waiting to load it.
    `spoken_by` names the engine that speaks a language in place of this one, for those languages where that is so.
    `language_limits` says in words what it cannot do of a language, for those where there is such a thing.
    `word_times`: it knows when it speaks each word. `speeds`: the slowest and the fastest it speaks by itself.
    """

    languages: tuple[str, ...]
    sample_rate_hz: int
    cloning: bool
    text_streaming: bool
    model: str
    device: str = "cpu"
    embedded: bool = False
    spoken_by: Mapping[str, str] = field(default_factory=dict)
    language_limits: Mapping[str, str] = field(default_factory=dict)
    word_times: bool = False
    speeds: tuple[float, float] = (1.0, 1.0)


@dataclass(frozen=True, slots=True)
class EngineFigures:
    """How an engine is doing. `guards` counts how often each has acted since the start, those that never did too."""

    slots: int
    speaking: int
    waiting: int
    guards: Mapping[str, int]


@runtime_checkable
class Observable(Protocol):
    """An engine that can tell how it is doing; not every one has slots and guards."""

    def figures(self) -> EngineFigures:
        """Figures of now. From any thread; never loads."""


@runtime_checkable
class Mixing(Protocol):
    """An engine whose voices can be mixed; docs/voices.md says how an id describes a mix."""

    def mixed_voice(self, voice_id: str) -> Voice | None:
        """The voice of an id that describes a mix; None for any other id. Never loads."""


class SpeechStream(Protocol):
    """One utterance. Yields `AudioChunk`s, then exactly one `SpeechEnd`, and nothing after it."""

    @property
    def sample_rate_hz(self) -> int: ...

    def feed(self, text: str) -> None:
        """Add the next piece of the text. Any split of a text gives the same audio. No effect after the end."""

    def end_text(self) -> None:
        """Say that the text is complete. Idempotent."""

    def cancel(self) -> None:
        """End the stream at its next step with the reason `cancelled`. Idempotent, from any thread."""

    def poll(self) -> SpeechEvent | None:
        """The next event if there is one; never blocks."""

    def subscribe(self, notify: Callable[[], None]) -> None:
        """Call `notify`, from whatever thread, each time an event has become available; at once if one already is."""

    def __iter__(self) -> Iterator[SpeechEvent]:
        """Events as they come, blocking, up to and with the `SpeechEnd`."""


@runtime_checkable
class Engine(Protocol):
    """A synthesizer: loads once, then opens streams, many at a time where it can."""

    @property
    def name(self) -> str: ...

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def loaded(self) -> bool: ...

    def load(self, on_loading: OnLoading) -> None:
        """Make the engine ready to speak, blocking. Idempotent, callable from any thread.

        Raises: AssetError naming what is missing and the command that installs it; OutOfMemory.
        """

    def voices(self) -> Sequence[Voice]:
        """The voices that come with this engine. Never loads."""

    def open(self, request: SpeechRequest) -> SpeechStream:
        """Begin an utterance.

        Raises: VoiceNotFound; CapacityError where no more streams fit.
        """

    def close(self) -> None:
        """End every stream as cancelled and free what the engine holds. Idempotent."""


def mixed_voice(engine: Engine, voice_id: str) -> Voice | None:
    """The mix that an id describes, where `engine` can mix and it is one."""
    return engine.mixed_voice(voice_id) if isinstance(engine, Mixing) else None


def catalog_of(engine: Engine, default_id: str) -> VoiceCatalog:
    """The voices of an engine, of which one is the default. Raises: ConfigError where there is no such voice"""
    return VoiceCatalog(engine.voices(), default_id, engine.voices, partial(mixed_voice, engine))


class Observer:
    """Told of one utterance by `SpeechOutput`, for instance to count it. Each method does nothing by itself.

    All are called from the thread or the event loop of the listener, never from the engine's thread.
    """

    def begun(self) -> None:
        """The utterance's turn in its session has come."""

    def text(self, piece: str) -> None:
        """More of its text was passed to the engine."""

    def queued(self, wait_s: float, since_s: float) -> None:
        """The engine has begun with it, `since_s` ago, after it had waited `wait_s` for its turn there."""

    def waits(self) -> None:
        """The text is complete, and the listener waits for the engine's next audio."""

    def progressed(self) -> None:
        """The engine has answered such a wait."""

    def gave_up(self) -> None:
        """The engine has not answered such a wait in time."""

    def first_audio(self, after_s: float) -> None:
        """The first audio is ready. The time since the utterance's turn includes loading and waiting for a slot."""

    def onset(self, silence_s: float) -> None:
        """The audio begins with this much silence."""

    def paced(self, real_time_factor: float) -> None:
        """The utterance was spoken to its end: how long its audio was waited for, over the length of that audio.

        Told only of utterances whose text was complete from the start, as time for writing is none of the engine's.
        """

    def ended(self, outcome: str, audio_s: float, error: MakimaError | None) -> None:
        """The utterance is over, and this much audio was delivered. `outcome` is an `EndReason` or the caller's own."""
