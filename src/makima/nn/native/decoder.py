"""A decoder's step in one call."""

from __future__ import annotations

import ctypes
import weakref
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from makima.errors import ConfigError
from makima.nn.native.library import CacheStruct, kernels, library
from makima.nn.native.quantized import QuantizedMatrix
from makima.nn.native.threads import ThreadPool, shared_pool
from makima.nn.native.weights import DecoderWeights

CacheKind = Literal["float32", "float16"]
CACHE_KINDS = {"float32": 0, "float16": 4}


class NativeDecoder:
    """A decoder with a key-value cache of `slots` rows; each call steps any of them, each at its own position.

    The cache is `keys` and `values` [slots, layers, kv_heads, positions, head_dim], plain arrays that the caller may
    bring, fill, copy or save: a slot holds what was last written at each position, a step reads positions 0 to its own.
    With a window the cache is a ring: position p lies at p modulo its length, `window` + `max_rows` - 1.
    """

    def __init__(
        self,
        weights: DecoderWeights,
        *,
        slots: int,
        positions: int,
        max_rows: int | None = None,
        cache: CacheKind | tuple[NDArray[Any], NDArray[Any]] = "float32",
        pool: ThreadPool | None = None,
        instruction_set: str | None = None,
        input_width: int = 0,
        vocabulary: int = 0,
        borrow: bool = False,
    ) -> None:
        """`max_rows`: rows in one call, the number of slots where not given. `cache`: what keys and values are kept in,
        or the two arrays themselves, such as a PyTorch cache's memory; to `borrow` them is to leave it to the caller
        that they live for as long as there are steps. `input_width` and `vocabulary` are for NativePredictor.

        Raises: ConfigError for sizes that do not fit; AssetError where there is no library.
        """
        max_rows = slots if max_rows is None else max_rows
        for key, value in (("slots", slots), ("positions", positions), ("max_rows", max_rows)):
            if value < 1:
                raise ConfigError(key, f"{value} is not positive.")
        shape = weights.shape
        self.weights, self.slots, self.positions, self.max_rows = weights, slots, positions, max_rows
        self.pool = pool or shared_pool()
        # In a ring, no row of a call may overwrite what another row of the same call still sees.
        length = min(positions, shape.window + max_rows - 1) if shape.window else positions
        keys, values = _cache(cache, (slots, shape.layers, shape.kv_heads, length, shape.head_dim))
        if not borrow:
            self.keys, self.values = keys, values
        self._rotations = shape.rotations(positions)
        kind = CACHE_KINDS[keys.dtype.name]
        struct = CacheStruct(kind, slots, length, 0, keys.ctypes.data, values.ctypes.data)
        struct.cosine, struct.sine = (table.ctypes.data for table in self._rotations)
        self._weights_struct = weights.struct()
        lib = library()
        address: int | None = lib.makima_decoder_new(
            kernels(instruction_set),
            ctypes.byref(self._weights_struct),
            ctypes.byref(struct),
            self.pool.address,
            max_rows,
            input_width,
            vocabulary,
        )
        if address is None:
            raise MemoryError("The kernels could not allocate their buffers.")
        self.address = address
        # The pool is held by the finalizer, so that it outlives the buffers counted by its threads.
        weakref.finalize(self, _free, address, self.pool).atexit = False

    def step(
        self,
        x: NDArray[np.float32],
        positions: NDArray[np.integer[Any]],
        slots: NDArray[np.integer[Any]],
        *,
        head: QuantizedMatrix | None = None,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """One step of the listed rows: write their keys and values, attend up to their positions, return what follows.

        Rows may repeat a slot at different positions, as in a prefill; other slots are not touched. A row's result
        does not depend on the other rows, unless they share its slot.

        Shapes: x [B, H] float32, positions [B], slots [B] -> hidden [B, H] after the final norm, logits [B, V] or None
        Raises: ValueError for shapes, slots or positions that do not fit.
        """
        rows, width = len(x), self.weights.shape.hidden
        if x.shape != (rows, width) or not 1 <= rows <= self.max_rows:
            raise ValueError(f"x has the shape {x.shape}, the decoder takes [1 to {self.max_rows}, {width}].")
        where = self._checked("positions", positions, rows, self.positions)
        which = self._checked("slots", slots, rows, self.slots)
        if head is not None and head.columns != width:
            raise ValueError(f"The head takes {head.columns} columns, the decoder gives {width}.")
        x = np.ascontiguousarray(x, np.float32)
        hidden = np.empty_like(x)
        logits = None if head is None else np.empty((rows, head.rows), np.float32)
        library().makima_step(
            self.address,
            rows,
            which.ctypes.data,
            where.ctypes.data,
            x.ctypes.data,
            hidden.ctypes.data,
            None if head is None else ctypes.byref(head.struct()),
            None if logits is None else logits.ctypes.data,
        )
        return hidden, logits

    def prefill(self, x: NDArray[np.float32], slot: int, start: int = 0) -> NDArray[np.float32]:
        """Successive positions of one slot, `max_rows` at a time.

        Shapes: x [T, H] float32 -> hidden [T, H] after the final norm
        Raises: ValueError for shapes, a slot or positions that do not fit.
        """
        hidden = np.empty(x.shape, np.float32)
        for first in range(0, len(x), self.max_rows):
            part = x[first : first + self.max_rows]
            positions = start + first + np.arange(len(part))
            hidden[first : first + len(part)] = self.step(part, positions, np.full(len(part), slot))[0]
        return hidden

    def _checked(self, name: str, array: NDArray[np.integer[Any]], rows: int, bound: int) -> NDArray[np.int32]:
        if array.shape != (rows,) or array.min() < 0 or array.max() >= bound:
            raise ValueError(f"{name} {array.tolist()} are not {rows} numbers from 0 to {bound - 1}.")
        return np.ascontiguousarray(array, np.int32)


def _cache(
    cache: CacheKind | tuple[NDArray[Any], NDArray[Any]], shape: tuple[int, ...]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Keys and values: fresh ones of a kind, or those brought along if they fit."""
    if isinstance(cache, str):
        if cache not in CACHE_KINDS:
            raise ConfigError("cache", f"{cache!r} is not one of {', '.join(CACHE_KINDS)}.")
        return np.zeros(shape, cache), np.zeros(shape, cache)
    for array in cache:
        if array.shape != shape or array.dtype.name not in CACHE_KINDS or not array.flags.c_contiguous:
            raise ConfigError(
                "cache", f"It is {array.dtype} {array.shape}, not float32 or float16 {shape} in one piece."
            )
    if cache[0].dtype != cache[1].dtype:
        raise ConfigError("cache", f"Keys are {cache[0].dtype}, values {cache[1].dtype}.")
    return cache


def _free(address: int, pool: ThreadPool) -> None:
    library().makima_decoder_free(address)
    del pool
