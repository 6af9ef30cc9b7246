"""An engine whose speech carries an inaudible mark. It wraps any other engine.

Marking costs about 20 ms of one core for a second of speech. One thread does it for all streams, a piece each in turn.
"""

from __future__ import annotations

import itertools
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from weakref import WeakSet

import numpy as np

from makima.engines.buffer import StreamBuffer, Turn
from makima.engines.protocol import (
    Capabilities,
    Engine,
    EngineFigures,
    Observable,
    SpeechRequest,
    SpeechStream,
    mixed_voice,
)
from makima.errors import AssetError, SynthesisFailed
from makima.events import AudioChunk, Loading, OnLoading, Samples, SpeechEvent, SpokenWord
from makima.models.perth.marker import Encoder, Marker
from makima.models.perth.weights import read_weights
from makima.voices.catalog import Voice

log = logging.getLogger(__name__)

CAPACITY_S = 1.0
"""Marked audio that may wait for a slow listener; before it, the engine's own buffer fills."""


TURN_S = 0.25
"""Marked in one turn of a stream, so that others do not wait for the seconds that an engine gives at once."""


class MarkedStream(StreamBuffer):
    """A `SpeechStream` over another, whose audio it marks."""

    def __init__(self, inner: SpeechStream, encoder: Encoder, schedule: Callable[[MarkedStream], None]) -> None:
        super().__init__(inner.sample_rate_hz, CAPACITY_S)
        self._inner = inner
        self._marker = Marker(encoder, inner.sample_rate_hz)
        self._schedule = schedule
        self._untold: tuple[SpokenWord, ...] = ()
        self._unmarked: Samples = np.zeros(0, np.float32)
        inner.subscribe(lambda: schedule(self))

    def feed(self, text: str) -> None:
        self._inner.feed(text)

    def end_text(self) -> None:
        self._inner.end_text()

    def cancel(self) -> None:
        super().cancel()
        self._inner.cancel()

    def drained(self) -> None:
        self._schedule(self)

    # For the thread that marks:

    def advance(self) -> None:
        """Mark the next piece, if there is one and there is room for it; then queue for another turn."""
        if self.full or self.ended:
            return
        try:
            if len(self._unmarked):
                self._mark()
            elif (event := self._inner.poll()) is not None:
                self._pass_on(event)
            else:
                return
        except Exception as exc:
            log.exception("marking failed")
            self._inner.cancel()
            self.finish("failed", SynthesisFailed(f"The speech could not be marked: {exc}."))
        self._schedule(self)

    def _pass_on(self, event: SpeechEvent) -> None:
        if isinstance(event, AudioChunk):
            self._unmarked = event.samples
            self._mark(event.words)
            return
        self.onset_sample = event.onset_sample
        if event.reason != "cancelled":
            self._put(self._marker.flush(), event.words)
        self.finish(event.reason, event.error)

    def _mark(self, words: tuple[SpokenWord, ...] = ()) -> None:
        size = round(TURN_S * self.sample_rate_hz)
        samples, self._unmarked = self._unmarked[:size], self._unmarked[size:]
        self._put(self._marker.push(samples), words)

    def _put(self, samples: Samples, words: tuple[SpokenWord, ...]) -> None:
        """What is marked comes later than the words in it; those without any sound yet wait for it."""
        told = (*self._untold, *words)
        self._untold = () if len(samples) else told
        self.put(samples, told)


class MarkedEngine:
    """An `Engine` around another one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._loading = threading.Lock()
        self._encoder: Encoder | None = None
        self._waiting: queue.PriorityQueue[tuple[Turn, int, MarkedStream | None]] = queue.PriorityQueue()
        self._order = itertools.count()
        self._thread: threading.Thread | None = None
        self._streams: WeakSet[MarkedStream] = WeakSet()

    @property
    def name(self) -> str:
        return self._engine.name

    @property
    def capabilities(self) -> Capabilities:
        return self._engine.capabilities

    @property
    def loaded(self) -> bool:
        return self._encoder is not None and self._engine.loaded

    def load(self, on_loading: OnLoading) -> None:
        with self._loading:
            if self._encoder is None:
                on_loading(Loading("watermark", None))
                self._encoder = Encoder(read_weights())
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="marking", daemon=True)
                self._thread.start()
        self._engine.load(on_loading)

    def voices(self) -> Sequence[Voice]:
        return self._engine.voices()

    def mixed_voice(self, voice_id: str) -> Voice | None:
        return mixed_voice(self._engine, voice_id)

    def open(self, request: SpeechRequest) -> MarkedStream:
        inner = self._engine.open(request)
        if self._encoder is None:
            inner.cancel()
            raise AssetError("watermark", "The engine is opened before it is loaded.")
        stream = MarkedStream(inner, self._encoder, self._schedule)
        self._streams.add(stream)
        return stream

    def close(self) -> None:
        for stream in list(self._streams):
            stream.cancel()
        with self._loading:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._schedule(None)
            thread.join()
        self._engine.close()

    def _schedule(self, stream: MarkedStream | None) -> None:
        """Give a stream a turn; None ends the thread."""
        turn = stream.turn if stream is not None else (-1, 0.0)
        self._waiting.put((turn, next(self._order), stream))

    def _run(self) -> None:
        while (stream := self._waiting.get()[2]) is not None:
            stream.advance()


class ObservableMarkedEngine(MarkedEngine):
    """Around an engine that has figures."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        assert isinstance(engine, Observable)
        self.figures: Callable[[], EngineFigures] = engine.figures


def marked(engine: Engine) -> MarkedEngine:
    """An engine around `engine` whose speech carries the mark; it has figures if that one has."""
    return ObservableMarkedEngine(engine) if isinstance(engine, Observable) else MarkedEngine(engine)
