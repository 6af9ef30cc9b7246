"""What the engine keeps of one stream: its text in segments, and where the one being said stands."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Tensor

from makima.engines.buffer import StreamBuffer
from makima.engines.guards import OnsetTrimmer, RunawayGuard
from makima.engines.protocol import SpeechRequest
from makima.engines.qwen3.text_feed import TextFeed
from makima.text.segment import Segmenter
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
        self.cut = False  # a segment was ended by its cap
        self.recovered = False  # a segment was ended because the model had run away
        self.onset = OnsetTrimmer(sample_rate_hz)
        self._wake = wake
        self._lock = threading.Lock()
        self._segmenter = Segmenter(
            min_characters=MIN_SEGMENT_CHARACTERS, first_min_characters=FIRST_SEGMENT_CHARACTERS
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


@dataclass(eq=False, slots=True)
class Segment:
    """One segment in its slot. Shapes: trailing: [H] each, the text still to be added; frames: codes [K] each."""

    stream: Qwen3Stream
    source: SegmentText
    feed: TextFeed
    trailing: list[Tensor]
    context: Tensor | None
    room_frames: int
    frames: list[Tensor] = field(default_factory=list)
    guard: RunawayGuard = field(default_factory=RunawayGuard)
    sent_samples: int = 0
    to_advance: bool = False
    whole: bool = False  # the codec failed in mid-stream: what is left is decoded in one piece

    @property
    def text_left(self) -> bool:
        """Whether there is text that no frame has been made with yet."""
        return not self.feed.complete or len(self.frames) < len(self.trailing)

    @property
    def starved(self) -> bool:
        """Whether the next step needs text that has not been written yet."""
        return self.to_advance and not self.feed.complete and len(self.frames) > len(self.trailing)

    def next_text(self) -> Tensor | None:
        """The text that goes with the frame chosen last: [H], or None once it is used up."""
        index = len(self.frames) - 1
        return self.trailing[index] if index < len(self.trailing) else None
