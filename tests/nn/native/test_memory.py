"""The arena's pieces: aligned, apart, zeroed."""

from __future__ import annotations

import numpy as np

from makima.nn.native.memory import ALIGNMENT_BYTES, Arena


def test_pieces_are_aligned_zeroed_and_apart() -> None:
    arena = Arena(chunk_bytes=4096)
    pieces = [arena.take(size) for size in (1, 100, 64, 5000, 3)]
    for number, piece in enumerate(pieces):
        assert piece.ctypes.data % ALIGNMENT_BYTES == 0
        assert not piece.any()
        piece[:] = number + 1
    assert [int(piece.max()) for piece in pieces] == [1, 2, 3, 4, 5]
    assert [piece.size for piece in pieces] == [1, 100, 64, 5000, 3]


def test_pieces_follow_each_other() -> None:
    arena = Arena()
    first, second = arena.take(100), arena.take(100)
    assert second.ctypes.data - first.ctypes.data == 128


def test_copies_keep_the_bytes() -> None:
    source = np.arange(12, dtype=np.float32).reshape(3, 4)[:, 1:]
    np.testing.assert_array_equal(Arena().copy(source).view(np.float32), source.reshape(-1))
