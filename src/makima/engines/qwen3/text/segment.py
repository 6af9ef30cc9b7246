"""One segment of an utterance: while its prompt is prepared, and in its slot."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from torch import Tensor

from makima.engines.guards import RunawayGuard
from makima.engines.qwen3.runner.codec_cache import ContextPiece
from makima.engines.qwen3.text.stream import Qwen3Stream, SegmentText
from makima.engines.qwen3.text.text_feed import TextFeed
from makima.engines.qwen3.voices.conditioning import Conditioning


@dataclass(eq=False, slots=True)
class Preparing:
    """A segment that waits for a slot, or for so much of its text that a prompt can be made of it."""

    stream: Qwen3Stream
    source: SegmentText
    feed: TextFeed
    conditioning: Conditioning
    needed_tokens: int
    ids: list[int] = field(default_factory=list)

    @property
    def ready(self) -> bool:
        return self.feed.complete or len(self.ids) >= self.needed_tokens


@dataclass(eq=False, slots=True)
class Segment:
    """One segment in its slot.

    Shapes: prompt: [P, H] each, the pieces of it that are still to be run; trailing: [H] each, the text still to be
            added; context [R, K], what the codec runs over first, without output; frames: codes [K] each
    """

    stream: Qwen3Stream
    source: SegmentText
    feed: TextFeed
    prompt: deque[Tensor]
    trailing: list[Tensor]
    context: Tensor | None
    room_frames: int
    begun: bool = False
    prompted: bool = False  # all of the prompt has been run, and the codec has had all of the context
    context_pieces: deque[ContextPiece] = field(default_factory=deque)  # what the codec has not run over yet
    frames: list[Tensor] = field(default_factory=list)
    guard: RunawayGuard = field(default_factory=RunawayGuard)
    sent_samples: int = 0
    to_advance: bool = False
    whole: bool = False  # the codec failed in mid-stream: what is left is decoded in one piece

    @property
    def ended(self) -> bool:
        return self.stream.ended

    @property
    def held_back(self) -> bool:
        return self.stream.full or self.starved or self.no_room

    @property
    def text_left(self) -> bool:
        """Whether there is text that no frame has been made with yet."""
        return not self.feed.complete or len(self.frames) < len(self.trailing)

    @property
    def starved(self) -> bool:
        """Whether the next step needs text that has not been written yet."""
        return self.to_advance and not self.feed.complete and len(self.frames) > len(self.trailing)

    @property
    def no_room(self) -> bool:
        """Whether the slot is full: what was chosen last is decoded, and then it ends."""
        return len(self.frames) >= self.room_frames

    def next_text(self) -> Tensor | None:
        """The text that goes with the frame chosen last: [H], or None once it is used up."""
        index = len(self.frames) - 1
        return self.trailing[index] if index < len(self.trailing) else None
