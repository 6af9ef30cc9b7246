"""One utterance at a door: text in, PCM and the times of its words out, by the one path all speech takes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from makima.engines.output import Format, TimedSpan
from makima.engines.protocol import SpeechRequest
from makima.errors import SynthesisFailed
from makima.server.auth import Identity
from makima.server.doors.common.word_times import TimedWord, WordTimes
from makima.text.speakable import without_controls

if TYPE_CHECKING:
    from makima.server.services import Services

SILENCE_S = 0.1
"""What stands for a text without a sound, such as an emoji: clients take no audio at all for a failure."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A run of PCM (mono s16le), and the words that begin in it. Times count from the utterance's start."""

    pcm: bytes
    words: tuple[TimedWord, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """What an utterance is to sound like. Without `words` it is not told when each is spoken."""

    request: SpeechRequest
    rate_hz: int
    speed: float = 1.0
    words: bool = True

    def at_rate(self, rate_hz: int) -> Wish:
        """The same at another sample rate."""
        return replace(self, rate_hz=rate_hz)


class DoorSpeech:
    """One utterance. Text may be fed before and while `pieces` is read."""

    def __init__(
        self, services: Services, who: Identity, wish: Wish, left: Callable[[], Awaitable[object]] | None = None
    ) -> None:
        """`left` waits until the listener has left, which cancels the speech."""
        self._services = services
        self._wish = wish
        self._output = services.output(who, Format(wish.rate_hz), left)
        self._words = WordTimes(exact=services.host.engine.capabilities.word_times) if wish.words else None
        self._opened = False
        self._text = ""
        self._complete = False
        self._cancelled = False
        self.samples = 0

    @property
    def text(self) -> str:
        """All text that was fed."""
        return self._text

    @property
    def complete(self) -> bool:
        """Whether the text is complete."""
        return self._complete

    @property
    def audio_s(self) -> float:
        """How much audio has come out."""
        return self.samples / self._wish.rate_hz

    def feed(self, text: str) -> None:
        """Add text. No effect once the text is complete."""
        if self._complete:
            return
        text = without_controls(text)
        self._text += text
        if self._words is not None:
            self._words.text(text)
        if self._opened and text:
            self._output.feed(text, complete=False)

    def end(self) -> None:
        """Say that the text is complete. Idempotent."""
        if self._complete:
            return
        self._complete = True
        if self._opened:
            self._output.feed("", complete=True)

    def cancel(self) -> None:
        """End the audio at the engine's next step. Idempotent."""
        self._cancelled = True
        self._output.cancel()

    async def pieces(self) -> AsyncGenerator[Spoken, None]:
        """The audio as it is made.

        Raises: VoiceNotFound, CapacityError, EngineError
        """
        with self._output as output:
            async for _ in self._services.loading():
                pass
            asked = replace(self._wish.request, speed=self._wish.speed, word_times=self._wish.words)
            output.open(self._services.host.engine, asked)
            self._opened = True
            output.feed(self._text, complete=self._complete)
            async for piece in output:
                if piece.samples or piece.words:
                    yield self._spoken(piece.pcm, piece.words)
            cut = output.end is None or output.end.reason == "cancelled"
            if not cut and (last := self._last()) is not None:
                yield last
        if cut and not self._cancelled:
            # By its listener, who has left. What is made of the speech must not end as if it were whole.
            raise SynthesisFailed("The listener has left.")

    @property
    def exact(self) -> bool:
        """Whether the times of words are the engine's own."""
        return self._words is not None and self._words.exact

    def _spoken(self, pcm: bytes, spans: Iterable[TimedSpan] = ()) -> Spoken:
        self.samples += len(pcm) // 2
        seconds = len(pcm) / 2 / self._wish.rate_hz
        return Spoken(pcm, tuple(self._words.audio(seconds, spans)) if self._words is not None else ())

    def _last(self) -> Spoken | None:
        """What is left once the engine is done: the words that are not timed yet."""
        silent = not self.samples and self._text.strip()
        last = self._spoken(bytes(2 * int(SILENCE_S * self._wish.rate_hz)) if silent else b"")
        words = (*last.words, *(self._words.end() if self._words is not None else ()))
        return Spoken(last.pcm, words) if last.pcm or words else None
