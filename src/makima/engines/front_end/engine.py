"""An engine behind the front end: around any other, so that all read the same text the same way."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from weakref import WeakSet

from makima.engines.front_end.session_languages import SessionLanguages
from makima.engines.front_end.settings import FrontEnd
from makima.engines.front_end.stream import FrontedStream
from makima.engines.front_end.threads import TextThreads, threads
from makima.engines.protocol import Capabilities, Engine, EngineFigures, Observable, SpeechRequest, mixed_voice
from makima.events import OnLoading
from makima.text.grammar import library
from makima.text.identify import chooser as identify
from makima.text.identify.chooser import DEFAULT
from makima.text.language import AUTO
from makima.text.written.speak import faults
from makima.voices.catalog import Voice

PREPARE_AFTER_LOAD_S, PREPARE_AFTER_OPEN_S = 2.0, 0.05
"""When grammars are loaded ahead of their first use: not while a process starts that may never need them."""


class FrontedEngine:
    """The engine seam around another engine."""

    def __init__(self, engine: Engine, end: FrontEnd, work: TextThreads = threads) -> None:
        self.inner = engine
        self.front_end = end
        self._work = work
        self._warm: set[str] = set()
        self._streams: WeakSet[FrontedStream] = WeakSet()
        self._lock = threading.Lock()
        self._languages = SessionLanguages()

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def capabilities(self) -> Capabilities:
        return self.inner.capabilities

    @property
    def loaded(self) -> bool:
        return self.inner.loaded

    def load(self, on_loading: OnLoading) -> None:
        self.inner.load(on_loading)
        for language in (DEFAULT, AUTO):
            self._prepare(language, PREPARE_AFTER_LOAD_S)

    def voices(self) -> Sequence[Voice]:
        return self.inner.voices()

    def mixed_voice(self, voice_id: str) -> Voice | None:
        """The voice of an id that describes a mix, where the engine mixes voices."""
        return mixed_voice(self.inner, voice_id)

    def open(self, request: SpeechRequest) -> FrontedStream:
        stream = FrontedStream(request, self.front_end, self.inner.open, self._work, self._languages)
        self._streams.add(stream)
        self._prepare(request.language, PREPARE_AFTER_OPEN_S)
        return stream

    def close(self) -> None:
        for stream in list(self._streams):
            stream.cancel()
        self.inner.close()

    def _prepare(self, language: str, wait_s: float) -> None:
        """Load what the language needs while its text is still being written."""
        with self._lock:
            if language in self._warm:
                return
            self._warm.add(language)
        self._work.run_after(wait_s, identify.warm if language == AUTO else lambda: library.warm(language))


class ObservableFrontedEngine(FrontedEngine):
    """Around an engine that tells how it is doing."""

    def figures(self) -> EngineFigures:
        """The engine's figures; among the guards, the text rules that have failed."""
        assert isinstance(self.inner, Observable)
        figures = self.inner.figures()
        return replace(figures, guards={**figures.guards, "text_rule": sum(faults.counts().values())})


def fronted(engine: Engine, end: FrontEnd) -> FrontedEngine:
    """An engine around `engine` that reads texts for it, and tells what that one tells."""
    return ObservableFrontedEngine(engine, end) if isinstance(engine, Observable) else FrontedEngine(engine, end)
