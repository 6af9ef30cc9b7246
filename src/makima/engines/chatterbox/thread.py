"""The engine's thread: serves streams in turn, one sentence at a time."""

from __future__ import annotations

import logging
import threading

from makima.engines.chatterbox.stream import ChatterboxStream
from makima.engines.chatterbox.voices import ChatterboxVoices
from makima.errors import CapacityError, MakimaError, SynthesisFailed
from makima.models.chatterbox.model import MAX_TOKENS, Chatterbox
from makima.models.chatterbox.sampling import Sampling

log = logging.getLogger(__name__)

MAX_STREAMS = 64

CHUNK_S = 1.0
"""The decoder gives a whole sentence, which is put into the stream in pieces of this length."""


class EngineThread:
    """Owns a model. `submit` and `wake` are called from any thread; all else happens in its own."""

    def __init__(self, model: Chatterbox, voices: ChatterboxVoices, sampling: Sampling) -> None:
        self._model = model
        self._voices = voices
        self._sampling = sampling
        self._changed = threading.Condition()
        self._closed = False
        self._streams: list[ChatterboxStream] = []
        self._thread = threading.Thread(target=self._run, name="chatterbox", daemon=True)
        self._thread.start()

    def submit(self, stream: ChatterboxStream) -> None:
        """Take a stream.

        Raises: CapacityError where there are too many
        """
        with self._changed:
            if self._closed:
                stream.cancel()
                return
            if sum(not taken.ended for taken in self._streams) >= MAX_STREAMS:
                raise CapacityError("Too many utterances wait for their turn.", retry_after_s=5.0)
            self._streams.append(stream)
            self._changed.notify()

    def wake(self) -> None:
        with self._changed:
            self._changed.notify()

    def close(self) -> None:
        """End the thread. Its streams end as cancelled."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()
        for stream in self._streams:
            stream.cancel()

    def _run(self) -> None:
        while (stream := self._next()) is not None:
            try:
                self._speak(stream)
            except MakimaError as exc:
                stream.finish("failed", exc)
            except Exception as exc:
                log.exception("the engine failed")
                stream.finish("failed", SynthesisFailed(f"The engine failed: {exc}."))
            with self._changed:  # to the end of the queue
                self._streams.remove(stream)
                if not stream.ended:
                    self._streams.append(stream)

    def _next(self) -> ChatterboxStream | None:
        """Wait for a stream with something to do, and return the first; None once the thread is closed."""
        with self._changed:
            while not self._closed:
                self._streams = [stream for stream in self._streams if not stream.ended]
                ready = next((stream for stream in self._streams if stream.ready), None)
                if ready is not None:
                    ready.wait.begun()
                    return ready
                self._changed.wait()
            return None

    def _speak(self, stream: ChatterboxStream) -> None:
        """Speak a stream's next sentence, or end the stream if there is none left."""
        sentence = stream.next_sentence()
        if sentence is None:
            stream.finish("length" if stream.cut else "end")
            return
        text, random = sentence
        if stream.prompt is None:
            stream.prompt = self._voices.prompt(stream.request.voice, self._model)
        voice = stream.prompt
        tokens: list[int] = []
        for token in self._model.tokens(voice, text, self._sampling, random):
            if stream.ended or self._closed:
                return
            tokens.append(token)
        stream.cut |= len(tokens) == MAX_TOKENS
        samples = self._model.decode(voice, tokens)
        step = round(CHUNK_S * stream.sample_rate_hz)
        for start in range(0, len(samples), step):
            stream.put(samples[start : start + step])
