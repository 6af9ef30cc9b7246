"""An engine whose speech carries an inaudible mark. It wraps any other engine.

Marking costs about 20 ms of one core for a second of speech. One thread does it for all streams, a piece each in turn.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from weakref import WeakSet

from makima.engines.buffer import StreamBuffer
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


class MarkedStream(StreamBuffer):
    """A `SpeechStream` over another, whose audio it marks."""

    def __init__(self, inner: SpeechStream, encoder: Encoder, schedule: Callable[[MarkedStream], None]) -> None:
        super().__init__(inner.sample_rate_hz, CAPACITY_S)
        self._inner = inner
        self._marker = Marker(encoder, inner.sample_rate_hz)
        self._schedule = schedule
        self._untold: tuple[SpokenWord, ...] = ()
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
        if self.full or self.ended or (event := self._inner.poll()) is None:
            return
        try:
            self._pass_on(event)
        except Exception as exc:
            log.exception("marking failed")
            self._inner.cancel()
            self.finish("failed", SynthesisFailed(f"The speech could not be marked: {exc}."))
        self._schedule(self)

    def _pass_on(self, event: SpeechEvent) -> None:
        if isinstance(event, AudioChunk):
            self._put(self._marker.push(event.samples), event.words)
            return
        self.onset_sample = event.onset_sample
        if event.reason != "cancelled":
            self._put(self._marker.flush(), event.words)
        self.finish(event.reason, event.error)

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
        self._waiting: queue.SimpleQueue[MarkedStream | None] = queue.SimpleQueue()
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
        stream = MarkedStream(inner, self._encoder, self._waiting.put)
        self._streams.add(stream)
        return stream

    def close(self) -> None:
        for stream in list(self._streams):
            stream.cancel()
        with self._loading:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._waiting.put(None)
            thread.join()
        self._engine.close()

    def _run(self) -> None:
        while (stream := self._waiting.get()) is not None:
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
