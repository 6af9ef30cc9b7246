"""An engine that speaks at the pace that is asked for. It wraps any other engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from weakref import WeakSet

from makima.audio.tempo import MAX_SPEED, MIN_SPEED, check_speed
from makima.engines.paced.stream import PacedStream
from makima.engines.protocol import (
    Capabilities,
    Engine,
    EngineFigures,
    Observable,
    SpeechRequest,
    SpeechStream,
    mixed_voice,
)
from makima.events import OnLoading
from makima.voices.catalog import Voice


class PacedEngine:
    """The engine seam around another engine."""

    def __init__(self, engine: Engine) -> None:
        self.inner = engine
        self._streams: WeakSet[PacedStream] = WeakSet()

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def capabilities(self) -> Capabilities:
        return replace(self.inner.capabilities, speeds=(MIN_SPEED, MAX_SPEED))

    @property
    def loaded(self) -> bool:
        return self.inner.loaded

    def load(self, on_loading: OnLoading) -> None:
        self.inner.load(on_loading)

    def voices(self) -> Sequence[Voice]:
        return self.inner.voices()

    def mixed_voice(self, voice_id: str) -> Voice | None:
        """The voice of an id that describes a mix, where the engine mixes voices."""
        return mixed_voice(self.inner, voice_id)

    def open(self, request: SpeechRequest) -> SpeechStream:
        """Begin an utterance.

        Raises: what the engine raises; InvalidMessage where the speed is out of range; AssetError where the filter is
        not installed
        """
        slowest, fastest = self.inner.capabilities.speeds
        own = min(max(request.speed, slowest), fastest)
        rest = check_speed(request.speed) / own
        stream = self.inner.open(replace(request, speed=own))
        if rest == 1.0:
            return stream
        paced_stream = PacedStream(stream, rest)
        self._streams.add(paced_stream)
        return paced_stream

    def close(self) -> None:
        for stream in list(self._streams):
            stream.cancel()
        self.inner.close()


class ObservablePacedEngine(PacedEngine):
    """Around an engine that tells how it is doing."""

    def figures(self) -> EngineFigures:
        """The engine's figures."""
        assert isinstance(self.inner, Observable)
        return self.inner.figures()


def paced(engine: Engine) -> PacedEngine:
    """An engine around `engine` that speaks at any pace; it has figures if that one has."""
    return ObservablePacedEngine(engine) if isinstance(engine, Observable) else PacedEngine(engine)
