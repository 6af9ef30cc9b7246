"""The path from an engine's stream to PCM for a listener: resampled, encoded, timed, counted.

Sockets, HTTP and `makima say` all use it. The audio carries its mark already, as each engine that is chosen is wrapped
in `makima.engines.marked`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Protocol, Self

from makima.audio.pcm import Encoding, encode
from makima.audio.resample import Resampler
from makima.engines.bridge import StreamReader
from makima.engines.protocol import Engine, Observer, SpeechRequest, SpeechStream
from makima.errors import MakimaError, SynthesisFailed, Timeout
from makima.events import AudioChunk, SpeechEnd, SpeechEvent, SpokenWord
from makima.units import samples_to_ms

log = logging.getLogger(__name__)

STALLED_S = 2.0
"""A listener who has not asked for more audio in this time holds no place."""
PACE_POLL_S = 0.1
"""While a listener waits for its pace, how often it is looked whether it was cancelled, which is done by any thread."""


@dataclass(frozen=True, slots=True)
class Format:
    """What a listener gets. Without a rate, the engine's own."""

    sample_rate_hz: int | None = None
    encoding: Encoding = Encoding.PCM16


class Pace(Protocol):
    """How fast a listener may take audio."""

    def wait_s(self) -> float:
        """How long it has to wait before it may take more."""

    def spend(self, amount: float) -> None:
        """It has taken this many seconds of audio."""

    @property
    def greedy(self) -> bool:
        """Whether it has what others leave."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for the engine's next audio, and, while the text is incomplete, for more text."""

    audio_s: float
    text_s: float


@dataclass(frozen=True, slots=True)
class TimedSpan:
    """A word by its place in the text that was fed, and when it is spoken, from the utterance's start."""

    text_start: int
    text_end: int
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of PCM, and the words that begin in it where they are known. Only the `final` one may be empty.

    Units: start_sample counts from the utterance's first sample, at the listener's rate
    """

    pcm: bytes
    samples: int
    start_sample: int
    final: bool
    words: tuple[TimedSpan, ...] = ()


class SpeechOutput:
    """One utterance for one listener, as a context that holds the engine's stream.

    Iterate over it for the pieces, in a thread or in an event loop. Leaving the context cancels the stream, so that no
    more is synthesized for a listener who has left, and reports how the utterance ended: `error` if the stream failed
    or an error leaves the context, `cancelled` if it is left before the last event, else the stream's own reason.
    """

    def __init__(
        self,
        form: Format,
        observer: Observer | None = None,
        patience: Patience | None = None,
        left: Callable[[], Awaitable[object]] | None = None,
        pace: Pace | None = None,
        admit: Callable[[], None] | None = None,
    ) -> None:
        """`patience` is needed in an event loop. There `left` waits until the listener has left, which cancels it, and
        `pace` bounds how far it may be ahead of playback. `admit` raises where there is no room for another utterance.
        """
        self.samples = 0
        self.end: SpeechEnd | None = None
        self.outcome = "cancelled"
        self.begun_s = time.monotonic()
        self.first_audio_s: float | None = None
        self.sample_rate_hz = form.sample_rate_hz or 0
        self._encoding = form.encoding
        self._observer = observer or Observer()
        self._patience = patience
        self._left = left
        self._pace = pace
        self._admit = admit
        self._watching: asyncio.Task[None] | None = None
        self._stream: SpeechStream | None = None
        self._under_way = False
        self._cancelled = False
        self._failure: MakimaError | None = None
        self._error: MakimaError | None = None
        self._text_ended = False
        self._text_was_complete = False
        self._engine_s = 0.0  # of waiting for audio
        self._queued: tuple[float, float] | None = None  # how long for the engine's turn, and when that had come
        self._told_wait = False
        self._pieces_of_text = 0
        self._undelivered = 0
        self._untold: tuple[TimedSpan, ...] = ()
        self._asked_s: float | None = None

    @property
    def holds_a_place(self) -> bool:
        """Whether the engine makes audio for a listener who takes it, and who is not greedy."""
        if not self._under_way or self._stream is None or (self._pace is not None and self._pace.greedy):
            return False
        return self._pieces_of_text > 0 if self._asked_s is None else time.monotonic() - self._asked_s < STALLED_S

    @property
    def under_way(self) -> bool:
        """Whether its context was entered, and not left yet."""
        return self._under_way

    @property
    def audio_ms(self) -> float:
        """How much audio was delivered: every piece after which the next one was asked for."""
        return samples_to_ms(self.samples, self.sample_rate_hz) if self.samples else 0.0

    def open(self, engine: Engine, request: SpeechRequest) -> None:
        """Open the engine's stream.

        Raises: what `Engine.open` raises
        """
        with self._foreseen_errors():
            if self._admit is not None:
                self._admit()
            self._stream = stream = engine.open(replace(request, on_begun=self._on_begun))
        self.sample_rate_hz = self.sample_rate_hz or stream.sample_rate_hz
        self._resampler = Resampler(stream.sample_rate_hz, self.sample_rate_hz)
        if self._cancelled:
            stream.cancel()

    def feed(self, text: str, *, complete: bool) -> None:
        """Add the next piece of the text; `complete` with the last one. From any thread."""
        assert self._stream is not None
        self._pieces_of_text += 1
        self._observer.text(text)
        self._stream.feed(text)
        if complete:
            self._text_was_complete = self._pieces_of_text == 1
            self._text_ended = True
            self._stream.end_text()

    def cancel(self) -> None:
        """End the audio at the engine's next step. Idempotent, also before `open`, and from any thread."""
        self._cancelled = True
        if self._stream is not None:
            self._stream.cancel()

    def fail(self, error: MakimaError) -> None:
        """End the audio at the engine's next step, with an error. No effect once it has ended or was cancelled."""
        if self.end is None and not self._cancelled:
            self._failure = error
            self.cancel()

    def __enter__(self) -> Self:
        self._under_way = True
        self._observer.begun()
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self._under_way = False
        if self._watching is not None:
            self._watching.cancel()
        self.cancel()
        error = exc if isinstance(exc, MakimaError) else self._error
        self._tell_wait()
        if error is None and self._text_was_complete and self.outcome == "end" and self.samples:
            self._observer.paced(self._engine_s * 1000 / self.audio_ms)
        self._observer.ended("error" if error is not None else self.outcome, self.audio_ms / 1000, error)

    def __iter__(self) -> Iterator[Piece]:
        """The pieces, blocking.

        Raises: what ended the stream, if it failed
        """
        assert self._stream is not None
        with self._foreseen_errors():
            events = iter(self._stream)
        while self.end is None:
            self._delivered()
            with self._foreseen_errors():
                piece = self._piece(next(events))
            if piece is not None:
                yield piece
        self._delivered()

    def __aiter__(self) -> Self:
        assert self._stream is not None
        self._reader = StreamReader(self._stream)
        if self._left is not None:
            self._watching = asyncio.create_task(self._watch(self._left))
        return self

    async def __anext__(self) -> Piece:
        """The next piece.

        Raises: what ended the stream, if it failed; Timeout
        """
        self._delivered()
        while self.end is None:
            await self._wait_for_pace()
            if self.first_audio_s is not None:
                self._asked_s = time.monotonic()
            with self._foreseen_errors():
                piece = self._piece(await self._next_event())
            if piece is not None:
                if self._pace is not None:
                    self._pace.spend(piece.samples / self.sample_rate_hz)
                return piece
        raise StopAsyncIteration

    async def _wait_for_pace(self) -> None:
        while self._pace is not None and not self._cancelled and (wait_s := self._pace.wait_s()):  # noqa: ASYNC110
            await asyncio.sleep(min(wait_s, PACE_POLL_S))

    async def _watch(self, left: Callable[[], Awaitable[object]]) -> None:
        await left()
        self.cancel()

    async def _next_event(self) -> SpeechEvent:
        assert self._patience is not None
        while not self._text_ended:
            # The engine makes nothing while it waits for text, so each piece of text starts the wait again.
            before = self._pieces_of_text
            try:
                return await self._reader.next(self._patience.text_s)
            except Timeout as exc:
                if self._pieces_of_text == before:
                    raise Timeout(f"{self._patience.text_s:.0f} s have passed and no more text came.") from exc
        return await self._awaited_event(self._patience.audio_s)

    async def _awaited_event(self, wait_s: float) -> SpeechEvent:
        """The engine's next event, which it owes: it has all of the text."""
        began_s = time.monotonic()
        self._observer.waits()
        try:
            event = await self._reader.next(wait_s)
        except Timeout:
            self._observer.gave_up()
            raise
        self._engine_s += time.monotonic() - began_s
        self._observer.progressed()
        return event

    def _piece(self, event: SpeechEvent) -> Piece | None:
        assert self._stream is not None
        self._untold += tuple(_timed(word, self._stream.sample_rate_hz) for word in event.words)
        if isinstance(event, AudioChunk):
            samples = self._resampler.push(event.samples)
            if not len(samples):
                return None
        else:
            self._take_end(event)
            if event.reason == "cancelled":
                return None
            samples = self._resampler.flush()
        if self.first_audio_s is None and len(samples):
            self.first_audio_s = time.monotonic() - self.begun_s
            self._tell_wait()
            self._observer.first_audio(self.first_audio_s)
        self._undelivered = len(samples)
        words, self._untold = self._untold, ()
        return Piece(encode(samples, self._encoding), len(samples), self.samples, self.end is not None, words)

    def _take_end(self, end: SpeechEnd) -> None:
        assert self._stream is not None
        self.end, self.outcome = end, end.reason
        if end.onset_sample is not None:
            self._observer.onset(end.onset_sample / self._stream.sample_rate_hz)
        if end.reason == "cancelled" and self._failure is not None:
            raise self._failure
        if end.reason == "cancelled" and not self._cancelled:  # by the engine itself, as it was closed
            raise SynthesisFailed("The engine was closed.")
        if end.reason == "failed":
            raise end.error or SynthesisFailed("The engine failed without giving a reason.")

    def _on_begun(self, waited_s: float) -> None:
        """Called by the engine, from a thread of its own."""
        if self._queued is None:
            self._queued = waited_s, time.monotonic()

    def _tell_wait(self) -> None:
        """Tell of the wait for the engine's turn, once."""
        if self._queued is not None and not self._told_wait:
            self._told_wait = True
            waited_s, begun_s = self._queued
            self._observer.queued(waited_s, time.monotonic() - begun_s)

    def _delivered(self) -> None:
        """Count the last piece: the listener has taken it, as the next one is asked for."""
        self.samples += self._undelivered
        self._undelivered = 0

    @contextmanager
    def _foreseen_errors(self) -> Iterator[None]:
        """Turn an exception that no engine should raise into SynthesisFailed, so that it is counted and reported."""
        try:
            yield
        except MakimaError as exc:
            self._error = exc
            raise
        except Exception as exc:
            log.exception("the engine failed")
            self._error = SynthesisFailed("The engine failed.")
            raise self._error from exc


def _timed(word: SpokenWord, sample_rate_hz: int) -> TimedSpan:
    end_sample = word.start_sample if word.end_sample is None else word.end_sample
    text_end = word.text_start + word.text_length
    return TimedSpan(word.text_start, text_end, word.start_sample / sample_rate_hz, end_sample / sample_rate_hz)
