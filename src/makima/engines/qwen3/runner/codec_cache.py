"""Codec states after the codes of a voice, kept for as long as the codes: the next utterance begins with a copy."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Final

from torch import Tensor

from makima.nn.streaming import State

EARLY_FRAMES: Final = 64
"""Frames that pass the codec's transformer alone, in one piece: about as long as a frame's own length on two cores."""
LATE_FRAMES: Final = 2
"""Frames that are decoded, in one piece: the same."""


@dataclass(frozen=True, slots=True)
class ContextPiece:
    """Frames `start` to `stop` of a context [R, K]; `reaches` says whether the first new frame's audio depends on them
    by more than the transformer.
    """

    context: Tensor
    start: int
    stop: int
    reaches: bool

    @property
    def codes(self) -> Tensor:
        return self.context[self.start : self.stop]

    @property
    def last(self) -> bool:
        return self.stop == len(self.context)


def context_pieces(context: Tensor, reach_frames: int, *, on_cpu: bool) -> list[ContextPiece]:
    """A context in pieces short enough to run between frames of other streams.

    The pieces are always the same, as they decide how sums are rounded.
    """
    end, early = len(context), max(0, len(context) - reach_frames)
    late = LATE_FRAMES if on_cpu else max(1, end - early)
    pieces = [
        ContextPiece(context, at, min(at + EARLY_FRAMES, early), reaches=False) for at in range(0, early, EARLY_FRAMES)
    ]
    return pieces + [ContextPiece(context, at, min(at + late, end), reaches=True) for at in range(early, end, late)]


class CodecCache:
    """States of one row, by the tensor object of the codes they were made from. A state is dropped with its tensor.

    Making one decodes about twenty frames whose audio is not used; copying it takes a millisecond.
    """

    def __init__(self) -> None:
        self._kept: dict[int, tuple[weakref.ref[Tensor], list[Tensor]]] = {}

    def recall(self, context: Tensor, row: State) -> bool:
        """Bring `row` to where it was after `context`. False where that is not known."""
        found = self._kept.get(id(context))
        if found is None or found[0]() is not context:
            return False
        for tensor, kept in zip(row.tensors(), found[1], strict=True):
            tensor.copy_(kept)
        return True

    def keep(self, context: Tensor, row: State) -> None:
        """Remember `row` as it is after `context`."""
        key, kept = id(context), self._kept
        forget = weakref.ref(context, lambda _: kept.pop(key, None))
        kept[key] = forget, [tensor.clone() for tensor in row.tensors()]

    def __len__(self) -> int:
        return len(self._kept)
