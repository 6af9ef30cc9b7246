"""What pieces of prompts leave behind in the talker, kept where they come again: the next prompt begins with a copy.

Prompts of one voice begin alike, with the role, the language, and the transcript that goes along its first frames; and
what an agent says again and again is alike to its end. Running 16 positions costs two cores 25 ms, copying them one.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, TypeVar

import torch
from torch import Tensor

from makima.models.qwen3.generation import GenerationState

MAX_KEPT: Final = 16
"""Pieces that are kept, of 3.7 MB each at the released size."""
MAX_SEEN: Final = 1024
"""Pieces of which it is known that they came once. Most never come again, and are not worth the memory."""

Key = bytes


@dataclass(frozen=True, slots=True)
class _Kept:
    """Shapes: keys, values [L, N, P, D]; hidden [H], logits [V] after the last position"""

    keys: Tensor
    values: Tensor
    hidden: Tensor
    logits: Tensor


class PrefixCache:
    """Pieces by all that stands in a prompt up to their end. Only the same piece in the same place is recalled, so that
    nothing is said otherwise than without.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._seen: OrderedDict[Key, None] = OrderedDict()

    def recall(self, before: Key, embeds: Tensor, row: GenerationState, start: int) -> tuple[Key, bool]:
        """Bring a row, of which `start` positions were run, to where it was after a piece; false where it is not kept.

        The first of the two names the piece [P, H], which follows the one named `before`, or nothing.
        """
        key = _key(before, embeds)
        found = self._kept.get(key)
        if found is None:
            return key, False
        self._kept.move_to_end(key)
        stop = start + found.keys.shape[2]
        row.talker.keys[0, :, :, start:stop] = found.keys
        row.talker.values[0, :, :, start:stop] = found.values
        row.talker.position.fill_(stop)
        row.hidden[0], row.logits[0] = found.hidden, found.logits
        return key, True

    def keep(self, key: Key, row: GenerationState, start: int, stop: int) -> None:
        """Remember what positions `start` to `stop` have left in a row, if they were run before."""
        if key not in self._seen:
            _put(self._seen, key, None, MAX_SEEN)
            return
        past = (row.talker.keys, row.talker.values)
        keys, values = (buffer[0, :, :, start:stop].clone() for buffer in past)
        _put(self._kept, key, _Kept(keys, values, row.hidden[0].clone(), row.logits[0].clone()), MAX_KEPT)

    def __len__(self) -> int:
        return len(self._kept)


def _key(before: Key, embeds: Tensor) -> Key:
    piece = embeds.contiguous().view(torch.uint8).numpy().tobytes()
    return hashlib.blake2b(before + piece, digest_size=16).digest()


T = TypeVar("T")


def _put(table: OrderedDict[Key, T], key: Key, value: T, most: int) -> None:
    while len(table) >= most:
        table.popitem(last=False)
    table[key] = value
