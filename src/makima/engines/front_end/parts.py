"""What an utterance consists of, in turn: streams of the engine, and silence. Its sound and its words as one."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from makima.engines.front_end.words import WrittenWords
from makima.engines.protocol import SpeechStream
from makima.errors import MakimaError
from makima.events import AudioChunk, EndReason, Samples, SpeechEnd, SpeechEvent, SpokenWord
from makima.text.alignment import SaidWords

_PAUSE_CHUNK_S: Final = 1.0


class Parts:
    """Read from the first to the last. Its caller holds a lock."""

    def __init__(self, sample_rate_hz: int) -> None:
        self._sample_rate_hz = sample_rate_hz
        self._parts: deque[SpeechStream | int] = deque()  # streams, and samples of silence
        self._words: dict[SpeechStream, WrittenWords] = {}
        self._untold: tuple[SpokenWord, ...] = ()
        self._late_end: SpeechEnd | None = None  # of a stream whose last sound was held back
        self._reason: EndReason = "end"
        self._total_samples = 0
        self._part_start_sample = 0
        self._onset_sample: int | None = None
        self.end: SpeechEnd | None = None
        """How a part has ended all of it, where one did."""

    def __bool__(self) -> bool:
        return bool(self._parts)

    def add(self, stream: SpeechStream) -> None:
        """A stream that comes behind what there is."""
        self._parts.append(stream)

    def add_pause(self, seconds: float, before: SpeechStream | None) -> None:
        """Silence that comes behind what there is, but for the stream that is not written to yet."""
        if samples := round(seconds * self._sample_rate_hz):
            self._parts.insert(len(self._parts) - (before is not None), samples)

    def remove(self, stream: SpeechStream) -> None:
        """A stream that was not used."""
        if stream in self._parts:
            self._parts.remove(stream)

    def add_words(self, stream: SpeechStream, text: str, words: Sequence[SaidWords]) -> None:
        """The words of a sentence that is fed to a stream next."""
        self._words.setdefault(stream, WrittenWords()).sentence(text, words)

    def poll(self) -> AudioChunk | None:
        """The next sound, where there is some. `end` is set where a stream has failed or was cancelled."""
        while self.end is None and self._parts:
            part = self._parts[0]
            if isinstance(part, int):
                return self._silence(part)
            late = self._late_end
            event = late or part.poll()
            if event is None:
                return None
            if late is None:
                self._late_end = event if isinstance(event, SpeechEnd) else None
                if (chunk := self._chunk_of(part, event)) is not None:
                    return chunk
            else:
                self._late_end = None
                self._parts.popleft()
                self._part_ended(part, late)
        return None

    def ended(self, reason: EndReason | None = None, error: MakimaError | None = None) -> SpeechEnd:
        """The last event; without a `reason` that of the streams."""
        return SpeechEnd(reason or self._reason, self._total_samples, error, self._onset_sample, self._untold)

    def drop(self) -> None:
        """Cancel what is left."""
        for part in self._parts:
            if not isinstance(part, int):
                part.cancel()
        self._parts.clear()

    def _chunk_of(self, part: SpeechStream, event: SpeechEvent) -> AudioChunk | None:
        """The sound of an event of `part`, with the words that begin in it; None where there is none, or it is held."""
        words = self._words.get(part)
        if isinstance(event, AudioChunk):
            if words is None:
                return self._chunk(event.samples)
            at = self._part_start_sample
            said = [_moved(word, at) for word in event.words]
            samples, told = words.push(event.samples, event.start_sample + at, said)
        elif words is not None and event.reason not in ("failed", "cancelled"):
            samples, told = words.flush()
        else:
            return None
        self._untold += told
        if not len(samples):
            return None
        told, self._untold = self._untold, ()
        return self._chunk(samples, told)

    def _chunk(self, samples: Samples, words: tuple[SpokenWord, ...] = ()) -> AudioChunk:
        chunk = AudioChunk(samples, self._total_samples, words)
        self._total_samples += len(samples)
        return chunk

    def _silence(self, left: int) -> AudioChunk:
        size = min(left, round(_PAUSE_CHUNK_S * self._sample_rate_hz))
        if left > size:
            self._parts[0] = left - size
        else:
            self._parts.popleft()
            self._part_start_sample = self._total_samples + size
        return self._chunk(np.zeros(size, np.float32))

    def _part_ended(self, part: SpeechStream, event: SpeechEnd) -> None:
        self._words.pop(part, None)
        self._part_start_sample = self._total_samples
        if event.onset_sample is not None and self._onset_sample is None:
            self._onset_sample = self._total_samples - event.total_samples + event.onset_sample
        if event.reason in ("failed", "cancelled"):
            self.end = self.ended(event.reason, event.error)
            self.drop()
        elif event.reason != "end":
            self._reason = event.reason


def _moved(word: SpokenWord, samples: int) -> SpokenWord:
    end_sample = None if word.end_sample is None else word.end_sample + samples
    return replace(word, start_sample=word.start_sample + samples, end_sample=end_sample)
