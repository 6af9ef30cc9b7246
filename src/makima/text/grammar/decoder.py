"""The compiled decoder: best paths through a grammar's transducers, some twenty times as fast as in plain Python.

It gives what `kitten_text_processing` itself gives, tie for tie, and lets other threads run meanwhile. Where it was not
compiled the package's own decoder does the work.
"""

from __future__ import annotations

import ctypes
import functools
import threading
from collections.abc import Sequence
from ctypes import POINTER, byref, c_char_p, c_int, c_int32, c_uint32, c_void_p
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

NODE_LIMIT = 200_000
"""How large the lattice of one text may grow."""

_NO_PATH, _TOO_LARGE = -1, -2
_OUTPUT_BYTES = 1 << 16


class Work(threading.local):
    """How many nodes lattices have had on this thread: what reading costs, whatever the machine."""

    nodes = 0


work = Work()


class NoReading(ValueError):
    """The grammar has no reading for a text, or finding it takes too long."""


class Arrays(Protocol):
    """What a grammar of the package consists of."""

    start: int
    offsets: Sequence[int]
    finals: Sequence[float]
    labels: Sequence[int]
    targets: Sequence[int]
    weights: Sequence[float]


class _Transducer(ctypes.Structure):
    """`Transducer` of decoder.c."""

    _fields_: ClassVar = [
        ("start", c_int32),
        ("states", c_int32),
        *((name, c_void_p) for name in ("offsets", "finals", "labels", "targets", "weights", "reach")),
    ]


class Transducer:
    """One transducer with its arcs sorted by input byte. Stands in for the package's `Graph`; safe to share.

    `no_path` is what the package raises, and expects, where there is no reading.
    """

    def __init__(self, graph: Arrays, no_path: type[ValueError]) -> None:
        self._no_path = no_path
        library = _library()
        assert library is not None
        offsets, labels = np.array(graph.offsets, np.uint32), np.array(graph.labels, np.uint32)
        states = len(offsets) - 1
        order = np.lexsort((labels & 255, np.repeat(np.arange(states), np.diff(offsets).astype(np.int64))))
        reach = np.zeros(states, np.uint64)
        arrays: list[NDArray[Any]] = [
            offsets,
            np.array(graph.finals, np.float32),
            labels[order],
            np.array(graph.targets, np.uint32)[order],
            np.array(graph.weights, np.float32)[order],
            reach,
        ]
        self._kept = arrays
        self._structure = _Transducer(graph.start, states, *(array.ctypes.data for array in arrays))
        if library.makima_reach(byref(self._structure), reach.ctypes.data_as(c_void_p)):
            raise MemoryError
        self._library = library

    def rewrite(self, text: str) -> str:
        """What `text` becomes.

        Raises: NoReading where finding it takes too long; `no_path`
        """
        data = text.replace("\0", "").encode()
        nodes = c_uint32()
        output = ctypes.create_string_buffer(_OUTPUT_BYTES)
        size = self._library.makima_rewrite(
            byref(self._structure), data, len(data), NODE_LIMIT, output, _OUTPUT_BYTES, byref(nodes)
        )
        work.nodes += nodes.value
        if size == _NO_PATH:
            raise self._no_path(f"no reading for {text[:80]!r}")
        if size < 0:
            raise NoReading(f"{'too many readings' if size == _TOO_LARGE else 'no memory'} for {text[:80]!r}")
        return output.raw[:size].decode()


def available() -> bool:
    """Whether the decoder was compiled and loads."""
    return _library() is not None


@functools.cache
def _library() -> ctypes.CDLL | None:
    folder = Path(__file__).parent
    path = next((path for path in sorted(folder.glob("_decoder.*")) if path.suffix in {".so", ".dylib"}), None)
    if path is None:
        return None
    try:
        library = ctypes.CDLL(str(path))
    except OSError:
        return None
    library.makima_reach.argtypes = [POINTER(_Transducer), c_void_p]
    library.makima_reach.restype = c_int
    library.makima_rewrite.argtypes = [
        POINTER(_Transducer),
        c_char_p,
        c_int,
        c_uint32,
        c_char_p,
        c_int,
        POINTER(c_uint32),
    ]
    library.makima_rewrite.restype = c_int
    return library
