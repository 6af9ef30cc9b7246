"""The engine's thread: streams take turns, a piece each."""

from __future__ import annotations

import itertools
import logging
import threading

import numpy as np

from makima.engines.kokoro.rendering import Renderer
from makima.engines.kokoro.stream import KokoroStream
from makima.engines.scheduler import Admission, take_turn
from makima.errors import MakimaError, SynthesisFailed

log = logging.getLogger(__name__)

SPEAKING, MAX_WAITING = 8, 32
"""Utterances that take turns, and those that may wait for one: with more than a few none is in real time."""


class EngineThread:
    """Owns a renderer. `submit` and `wake` are called from any thread; all else happens in its own."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._changed = threading.Condition()
        self._closed = False
        self._streams: list[KokoroStream] = []
        self._admission = Admission(SPEAKING, MAX_WAITING)
        self._turns = itertools.count(1)
        self._thread = threading.Thread(target=self._run, name="kokoro", daemon=True)
        self._thread.start()

    def submit(self, stream: KokoroStream) -> None:
        """Take a stream.

        Raises: CapacityError where there are too many
        """
        with self._changed:
            if self._closed:
                stream.cancel()
                return
            self._admission.admit(stream)
            stream.place.order = next(self._turns)
            self._streams.append(stream)
            self._changed.notify()

    def boundaries(self, text: str, language: str) -> list[int]:
        """Where a phrase may begin in a text without spaces. From any thread."""
        return self._renderer.boundaries(text, language)

    @property
    def first_s(self) -> float:
        """How long an utterance's first piece may be."""
        return self._renderer.first_s

    def counts(self) -> tuple[int, int]:
        """How many utterances speak, and how many wait for their first turn."""
        with self._changed:
            waiting = self._admission.waiting
            return sum(not stream.ended for stream in self._streams) - waiting, waiting

    def wake(self) -> None:
        with self._changed:
            self._changed.notify()

    def close(self) -> None:
        """End the thread. Its streams end as cancelled."""
        with self._changed:
            self._closed = True
            streams = list(self._streams)
            self._changed.notify()
        for stream in streams:
            stream.cancel()
        self._thread.join()

    def _run(self) -> None:
        while (stream := self._next()) is not None:
            try:
                self._speak(stream)
            except MakimaError as exc:
                stream.finish("failed", exc)
            except Exception as exc:
                log.exception("the engine failed")
                stream.finish("failed", SynthesisFailed(f"The engine failed: {exc}."))

    def _next(self) -> KokoroStream | None:
        """The stream whose turn it is, once there is one that has something to say; None once the thread is closed."""
        with self._changed:
            while not self._closed:
                self._streams = [stream for stream in self._streams if not stream.ended]
                self._admission.sweep()
                speaking = self._streams[:SPEAKING]  # the others wait until one of these has ended
                ready = {id(stream.place): stream for stream in speaking if stream.ready}
                place = take_turn([stream.place for stream in ready.values()])
                if place is not None:
                    place.order = next(self._turns)  # behind all the others, and behind those that have come meanwhile
                    stream = ready[id(place)]
                    self._admission.begun(stream)
                    stream.wait.begun()
                    return stream
                self._changed.wait()
            return None

    def _speak(self, stream: KokoroStream) -> None:
        """Speak a stream's next piece, or tell it that there is none left."""
        found = stream.next_piece()
        if found is None:
            stream.finish("end")
            return
        piece, language = found
        asked = stream.request
        rendered = self._renderer.render(
            piece, language, stream.speaker, asked.speed, stream.stop, words=asked.word_times
        )
        if rendered is None:
            return
        pause = np.zeros(round(stream.pause_s * stream.sample_rate_hz), np.float32)
        stream.pause_s = rendered.pause_s
        if len(rendered.samples):
            words = stream.placed(rendered.words, stream.total_samples + len(pause))
            stream.put(np.concatenate([pause, rendered.samples]), words)
