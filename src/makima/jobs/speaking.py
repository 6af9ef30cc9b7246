"""One step spoken: its text through the one path that all speech takes, at the job's rate and speed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from makima.engines.output import Format, SpeechOutput, TimedSpan
from makima.engines.protocol import Engine, Observer, SpeechRequest
from makima.jobs.job import Manner
from makima.jobs.words import StepWords, estimated_words, exact_words
from makima.priority import Priority
from makima.text.pronunciations import from_mapping

RATES_HZ: Final = (16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
"""Those that AAC and MP3 both have."""
USUAL_RATE_HZ: Final = 24_000


class Interrupted(Exception):
    """The step was cancelled, by a user or because the engine is closed: what there is of it does not count."""


def job_rate_hz(engine: Engine) -> int:
    """The engine's own rate, where every format has it."""
    rate_hz = engine.capabilities.sample_rate_hz
    return rate_hz if rate_hz in RATES_HZ else USUAL_RATE_HZ


def request_of(manner: Manner, priority: Priority = "low") -> SpeechRequest:
    """What the engine is asked for. Jobs go behind everything that somebody waits for."""
    words = from_mapping(manner.pronunciations)
    return SpeechRequest(
        manner.voice, manner.language, manner.seed, priority, manner.speed, pronunciations=words, word_times=True
    )


class StepSpeech:
    """A text being spoken. Iterate over it for PCM (mono s16le); `cancel` ends it, from any thread."""

    def __init__(
        self, engine: Engine, manner: Manner, text: str, rate_hz: int, observer: Observer | None = None
    ) -> None:
        self._engine = engine
        self._manner = manner
        self._text = text
        self._rate_hz = rate_hz
        self._output = SpeechOutput(Format(rate_hz), observer)
        self._cancelled = False
        self._spans: list[TimedSpan] = []

    def cancel(self) -> None:
        self._cancelled = True
        self._output.cancel()

    @property
    def words(self) -> StepWords:
        """When each word was said, once all are: by the engine, or estimated where it tells nothing of them."""
        audio_ms = self._output.audio_ms
        if not self._engine.capabilities.word_times:
            return estimated_words(self._text, audio_ms)
        return exact_words(self._text, self._spans, audio_ms)

    def __iter__(self) -> Iterator[bytes]:
        """The sound.

        Raises: Interrupted; what `Engine.open` raises, and what ends the stream
        """
        with self._output as output:
            output.open(self._engine, request_of(self._manner))
            output.feed(self._text, complete=True)
            for piece in output:
                self._spans += piece.words
                if piece.pcm:
                    yield piece.pcm
            if self._cancelled or output.outcome == "cancelled":
                raise Interrupted
