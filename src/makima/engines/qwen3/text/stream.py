"""What the engine keeps of one stream: its text in segments, and what one hands on to the next."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from makima.engines.buffer import StreamBuffer
from makima.engines.guards import OnsetTrimmer
from makima.engines.protocol import SpeechRequest
from makima.engines.qwen3.voices.conditioning import Carried, Conditioning
from makima.engines.scheduler import Place, Wait
from makima.events import Samples
from makima.text.segmenter import Segmenter
from makima.text.speakable import is_speakable, without_emoji

MIN_SEGMENT_CHARACTERS = 200
"""Sentences are said together until they are this long: the model's melody runs over them, and it drifts past 300."""

FIRST_SEGMENT_CHARACTERS = 20
"""The first sentence of this length is said by itself: it is heard while the second is still being written."""


@dataclass(eq=False, slots=True)
class SegmentText:
    """The text of one segment so far; it only grows, up to when it is `closed`."""

    text: str
    closed: bool


class Qwen3Stream(StreamBuffer):
    """A `SpeechStream`. What its consumer calls only notes things down, and wakes the engine's thread."""

    def __init__(self, request: SpeechRequest, sample_rate_hz: int, wake: Callable[[], None]) -> None:
        super().__init__(sample_rate_hz)
        self.request = request
        self.place = Place(request.priority)
        self.wait = Wait(request.on_begun)
        self.carried: Carried | None = None
        self.conditioning: Conditioning | None = None  # kept, since the voice may be deleted while it speaks
        self.cut = False  # a segment was ended by its cap
        self.recovered = False  # a segment was ended because the model had run away
        self._trimmer = OnsetTrimmer(sample_rate_hz)
        self._wake = wake
        self._lock = threading.Lock()
        self._segmenter = Segmenter(
            min_characters=MIN_SEGMENT_CHARACTERS,
            first_min_characters=FIRST_SEGMENT_CHARACTERS,
            given=request.sentences,
        )
        self._segments: deque[SegmentText] = deque()
        self._writing: SegmentText | None = None
        self._text_ended = False

    def feed(self, text: str) -> None:
        with self._lock:
            if not self._text_ended:
                self._grow(self._segmenter.feed(text))
                if opened := self._segmenter.open_text():
                    self._opened().text = opened
        self._wake()

    def end_text(self) -> None:
        with self._lock:
            if not self._text_ended:
                self._text_ended = True
                self._grow(self._segmenter.flush())
                if self._writing is not None:  # what was opened came to nothing
                    self._writing.closed = True
        self._wake()

    def cancel(self) -> None:
        super().cancel()
        self._wake()

    def drained(self) -> None:
        self._wake()

    # For the engine's thread:

    @property
    def trimmed_samples(self) -> int:
        """How much silence was left out before the first sound."""
        return self._trimmer.trimmed_samples

    def say(self, samples: Samples) -> None:
        """Hand out audio, without the silence at the utterance's start."""
        kept = self._trimmer.push(samples)
        self.onset_sample = self._trimmer.onset_sample
        self.put(kept)

    def conclude(self) -> None:
        """All of the text has been said."""
        self.finish("length" if self.cut else "recovered" if self.recovered else "end")

    @property
    def has_work(self) -> bool:
        """Whether there is a segment to begin, or the end to be told."""
        with self._lock:
            return self._text_ended or any(is_speakable(without_emoji(segment.text)) for segment in self._segments)

    def next_segment(self) -> SegmentText | None:
        """The next segment that has a sound, taken out of the queue; None where there is none now."""
        with self._lock:
            while self._segments:
                if is_speakable(without_emoji(self._segments[0].text)):
                    return self._segments.popleft()
                if not self._segments[0].closed:
                    return None
                self._segments.popleft()
            return None

    @property
    def spoken(self) -> bool:
        """Whether all text is in and none is left."""
        with self._lock:
            return self._text_ended and not self._segments

    def read(self, segment: SegmentText) -> tuple[str, bool]:
        """A segment's text so far, and whether it is all of it."""
        with self._lock:
            return segment.text, segment.closed

    def _opened(self) -> SegmentText:
        """The segment that is still being written, whether it waits or is being said already."""
        if self._writing is None:
            self._writing = SegmentText("", closed=False)
            self._segments.append(self._writing)
        return self._writing

    def _grow(self, settled: list[str]) -> None:
        for text in settled:
            segment = self._opened()
            segment.text, segment.closed = text, True
            self._writing = None
