"""Hears an engine's streams to their end, with a deadline instead of a hang."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from makima.engines.protocol import Engine, SpeechRequest, SpeechStream
from makima.events import AudioChunk, Samples, SpeechEnd, SpeechEvent

PATIENCE_S = 30.0
"""How long a test waits before it fails; nothing waits this long when all is well."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A stream from its first event to its last."""

    chunks: list[AudioChunk]
    end: SpeechEnd

    @property
    def samples(self) -> Samples:
        return np.concatenate([np.zeros(0, np.float32), *(chunk.samples for chunk in self.chunks)])


class Events:
    """A stream's events, one after the other."""

    def __init__(self, stream: SpeechStream) -> None:
        self._stream = stream
        self._notices = threading.Semaphore(0)
        stream.subscribe(self._notices.release)

    def next(self, within_s: float = PATIENCE_S) -> SpeechEvent:
        deadline_s = time.monotonic() + within_s
        while (event := self._stream.poll()) is None:
            left_s = deadline_s - time.monotonic()
            assert left_s > 0, f"no event within {within_s} s"
            self._notices.acquire(timeout=left_s)
        return event

    def rest(self) -> Heard:
        chunks = []
        while isinstance(event := self.next(), AudioChunk):
            chunks.append(event)
        return Heard(chunks, event)


def hear(stream: SpeechStream) -> Heard:
    """Everything a stream says."""
    return Events(stream).rest()


def begin(engine: Engine, request: SpeechRequest, *pieces: str) -> SpeechStream:
    """A stream whose text is these pieces."""
    stream = engine.open(request)
    for piece in pieces:
        stream.feed(piece)
    stream.end_text()
    return stream


def speak(engine: Engine, *pieces: str, voice: str = "makima", language: str = "English", seed: int = 1) -> Heard:
    """Speak a text, given in pieces, and hear it to its end."""
    return hear(begin(engine, SpeechRequest(voice, language, seed), *pieces))


def eventually(condition: Callable[[], bool], within_s: float = PATIENCE_S, every_s: float = 0.005) -> bool:
    """Whether `condition` comes true; for states that nothing tells of."""
    deadline_s = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(every_s)
    return True
