"""One utterance, faster or slower than its engine has made it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

from makima.audio.tempo import Tempo
from makima.engines.protocol import SpeechStream
from makima.events import AudioChunk, Samples, SpeechEnd, SpeechEvent, SpokenWord


class PacedStream:
    """A `SpeechStream` over another. What it does to the sound is done where it is polled, 1 ms for a second of it."""

    def __init__(self, inner: SpeechStream, speed: float) -> None:
        self.sample_rate_hz = inner.sample_rate_hz
        self._inner = inner
        self._speed = speed
        self._tempo = Tempo(inner.sample_rate_hz, speed)
        self._lock = threading.Lock()
        self._total_samples = 0
        self._untold: tuple[SpokenWord, ...] = ()
        self._end: SpeechEnd | None = None  # of the other, while the last of the sound is out and this is not

    def feed(self, text: str) -> None:
        self._inner.feed(text)

    def end_text(self) -> None:
        self._inner.end_text()

    def cancel(self) -> None:
        self._inner.cancel()

    def poll(self) -> SpeechEvent | None:
        with self._lock:
            while self._end is None and (event := self._inner.poll()) is not None:
                if (paced := self._paced(event)) is not None:
                    return paced
            end, self._end = self._end, None
            return self._ended(end) if end is not None else None

    def subscribe(self, notify: Callable[[], None]) -> None:
        self._inner.subscribe(notify)

    def __iter__(self) -> Iterator[SpeechEvent]:
        for event in self._inner:
            with self._lock:
                paced = self._paced(event)
                end, self._end = self._end, None
            if paced is not None:
                yield paced
            if end is not None:
                yield self._ended(end)

    def _paced(self, event: SpeechEvent) -> AudioChunk | None:
        if isinstance(event, AudioChunk):
            return self._chunk(self._tempo.push(event.samples), event.words)
        self._end = event
        return self._chunk(self._tempo.flush(), event.words) if event.reason not in ("cancelled", "failed") else None

    def _chunk(self, samples: Samples, words: tuple[SpokenWord, ...]) -> AudioChunk | None:
        self._untold += tuple(
            replace(
                word,
                start_sample=round(word.start_sample / self._speed),
                end_sample=None if word.end_sample is None else round(word.end_sample / self._speed),
            )
            for word in words
        )
        if not len(samples):
            return None
        chunk = AudioChunk(samples, self._total_samples, self._untold)
        self._total_samples += len(samples)
        self._untold = ()
        return chunk

    def _ended(self, end: SpeechEnd) -> SpeechEnd:
        onset_sample = None if end.onset_sample is None else round(end.onset_sample / self._speed)
        return replace(end, total_samples=self._total_samples, onset_sample=onset_sample, words=self._untold)
