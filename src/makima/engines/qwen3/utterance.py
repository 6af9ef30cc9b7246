"""What the engine keeps of one stream: its text in segments, and where the one being said stands."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Tensor

from makima.engines.buffer import StreamBuffer
from makima.engines.protocol import SpeechRequest
from makima.text.segment import Segmenter
from makima.text.speakable import is_speakable, without_emoji

MIN_SEGMENT_CHARACTERS = 200
"""Sentences are said together until they are this long: the model's melody runs over them, and it drifts past 300."""

FIRST_SEGMENT_CHARACTERS = 20
"""The first ones only until they are this long, so that a text that is still being written is heard at once."""


class Qwen3Stream(StreamBuffer):
    """A `SpeechStream`. What its consumer calls only notes things down, and wakes the engine's thread."""

    def __init__(self, request: SpeechRequest, sample_rate_hz: int, wake: Callable[[], None]) -> None:
        super().__init__(sample_rate_hz)
        self.request = request
        self.cut = False  # whether a segment of it has met its cap; the engine's thread alone looks at it
        self._wake = wake
        self._lock = threading.Lock()
        self._segmenter = Segmenter(
            min_characters=MIN_SEGMENT_CHARACTERS, first_min_characters=FIRST_SEGMENT_CHARACTERS
        )
        self._segments: deque[str] = deque()
        self._text_ended = False

    def feed(self, text: str) -> None:
        with self._lock:
            if not self._text_ended:
                self._segments.extend(self._segmenter.feed(text))
        self._wake()

    def end_text(self) -> None:
        with self._lock:
            if not self._text_ended:
                self._text_ended = True
                self._segments.extend(self._segmenter.flush())
        self._wake()

    def cancel(self) -> None:
        super().cancel()
        self._wake()

    def drained(self) -> None:
        self._wake()

    # For the engine's thread:

    @property
    def has_work(self) -> bool:
        """Whether there is a segment to say, or the end to be told."""
        with self._lock:
            return bool(self._segments) or self._text_ended

    def next_segment(self) -> str | None:
        """The next text to say, or None where there is none now."""
        with self._lock:
            while self._segments:
                text = without_emoji(self._segments.popleft()).strip()
                if is_speakable(text):
                    return text
            return None

    @property
    def spoken(self) -> bool:
        """Whether all text is in and none is left."""
        with self._lock:
            return self._text_ended and not self._segments


@dataclass(eq=False, slots=True)
class Segment:
    """One segment in its slot. Shapes: trailing [R, H], the text still to be added; frames: codes [K] each."""

    stream: Qwen3Stream
    trailing: Tensor
    context: Tensor | None
    max_frames: int
    frames: list[Tensor] = field(default_factory=list)
    sent_samples: int = 0
    to_advance: bool = False
    whole: bool = False  # the codec failed in mid-stream: what is left is decoded in one piece

    def next_text(self) -> Tensor | None:
        """The text that goes with the frame chosen last: [H], or None once it is used up."""
        index = len(self.frames) - 1
        return self.trailing[index] if index < len(self.trailing) else None
