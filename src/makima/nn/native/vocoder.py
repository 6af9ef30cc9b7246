"""A vocoder's convolutions over a whole utterance in one call, fused with the norms and activations between them."""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from makima.errors import ConfigError
from makima.nn.native.library import BufferStruct, FilterStruct, kernels, library
from makima.nn.native.memory import Arena
from makima.nn.native.threads import ThreadPool, shared_pool

VECTOR: Final = 16
TILE: Final = 32
"""Channels in and out that a product of tiles takes at a time."""
WIDEST: Final = 1024
LINEAR, LEAKY, SNAKE = 0, 1, 2
STORE, ADD = 1, 2
KEPT_FLOATS: Final = 8 << 20
"""Memory that is kept between two runs: 32 MiB, about 2.5 s of Kokoro's."""

Array = NDArray[np.float32]
FilterKind = Literal["float32", "bfloat16", "int16"]
_NUMBERS: Final = {"float32": 0, "bfloat16": 1, "int16": 5}
_PEAK: Final = 4095
"""Of rows as words."""


@dataclass(frozen=True, slots=True)
class Buffer:
    """Rows of channels: `each` for a frame, and `over` more. `given`: which of the caller's arrays it is."""

    width: int
    each: int
    over: int = 0
    given: int = -1


@dataclass(frozen=True, slots=True)
class FilterWeights:
    """Weights of a filter in packed form, as types.h has them; `outputs` of one place within a rate."""

    kind: FilterKind
    inputs: int
    outputs: int
    taps: int
    rate: int
    weights: NDArray[np.uint8]
    bias: Array
    scales: Array | None = None


def packed_filter(
    weight: NDArray[Any], bias: NDArray[Any], arena: Arena, kind: FilterKind, *, rate: int = 1
) -> FilterWeights:
    """A convolution; with a rate a transposed one, two strides long, which sees the row before its own as well.

    Shapes: weight [outputs, inputs, taps], with a rate [inputs, outputs, 2 * rate]; bias [outputs]
    Raises: ConfigError for a kernel of another length
    """
    if rate > 1:
        if weight.shape[2] != 2 * rate:
            raise ConfigError("filter", f"A kernel of {weight.shape[2]} is not two strides of {rate}.")
        # The later half of the kernel reaches into the next stride: there it meets the row before.
        taps = weight.reshape(*weight.shape[:2], 2, rate)[:, :, ::-1]
        weight = taps.transpose(3, 1, 0, 2)  # [rate, outputs, inputs, taps]
    else:
        weight = weight[None]
    quantum_in, quantum_out = (TILE, TILE) if kind == "bfloat16" else (VECTOR, VECTOR)
    _, outputs, inputs, taps_count = weight.shape
    more = ((0, 0), (0, -outputs % quantum_out), (0, -inputs % quantum_in), (0, 0))
    wide = np.pad(np.asarray(weight, np.float32), more)
    _, outputs, inputs, _ = wide.shape
    panels: NDArray[Any] = wide.reshape(-1, VECTOR, inputs, taps_count).transpose(
        0, 3, 2, 1
    )  # [blocks, taps, inputs, 16]
    padded_bias = np.pad(np.asarray(bias, np.float32), (0, outputs - len(bias)))
    scales: Array | None = None
    if kind == "int16":
        panels, scales = _as_words(panels)
    if kind != "float32":
        panels = panels.reshape(-1, taps_count, inputs // 2, 2, VECTOR).swapaxes(3, 4)
    packed = arena.copy(_rounded(panels) if kind == "bfloat16" else panels)
    return FilterWeights(kind, inputs, outputs, taps_count, rate, packed, padded_bias, scales)


def _as_words(panels: Array) -> tuple[NDArray[np.int16], Array]:
    """Weights as large as exact sums with rows of words allow, and what gives them back.

    Shapes: [blocks, taps, inputs, 16] -> the same, [blocks * 16]
    """
    sizes = np.abs(panels)
    count = panels.shape[1] * panels.shape[2]
    limit = (2**31 - 1) // _PEAK - count // 2 - 1  # rounding may add half a unit to each
    units = np.maximum(sizes.sum(axis=(1, 2)) / limit, sizes.max(axis=(1, 2)) / (2**15 - 1))
    units = np.where(units > 0, units, 1).astype(np.float32)  # [blocks, 16]
    return np.rint(panels / units[:, None, None]).astype(np.int16), units.reshape(-1)


def _rounded(values: NDArray[np.float32]) -> NDArray[np.uint16]:
    """bfloat16, nearest even, as its upper half."""
    bits = np.ascontiguousarray(values).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter of types.h. Buffers by number; `norm`: where in the style its factors [inputs] and shifts lie.

    `frequency` and `amplitude` [inputs] are of a snake. `lead`: rows of zeros before the first, and after the last.
    """

    weights: FilterWeights
    source: int
    out: int = -1
    residual: int = -1
    total: int = -1
    adding: int = 0
    dilation: int = 1
    lead: int = 0
    skip: int = 0
    reflect: bool = False
    activation: int = LINEAR
    scale: float = 1.0
    slope: float = 0.0
    norm: int = -1
    frequency: Array | None = None
    amplitude: Array | None = None

    def struct(self) -> FilterStruct:
        """What the kernels take. It points into this filter, which must outlive it."""
        w = self.weights
        sizes = (_NUMBERS[w.kind], w.inputs, w.outputs, w.taps, self.dilation, w.rate, self.lead, self.skip)
        buffers = (self.source, self.out, self.residual, self.total, self.adding, self.norm)
        tables = (None if t is None else t.ctypes.data for t in (self.frequency, self.amplitude, w.scales))
        flags = (int(self.reflect), self.activation)
        arrays = (w.weights.ctypes.data, w.bias.ctypes.data, *tables)
        return FilterStruct(*sizes, *flags, *buffers, self.scale, self.slope, *arrays)


class NativeVocoder:
    """Runs filters over the rows of one utterance after the other. One run at a time."""

    def __init__(
        self,
        filters: Sequence[Filter],
        buffers: Sequence[Buffer],
        *,
        pool: ThreadPool | None = None,
        instruction_set: str | None = None,
    ) -> None:
        """Raises: ConfigError for filters that do not fit their buffers; AssetError where there is no library."""
        for each in filters:
            _check(each, buffers)
        self.filters, self.buffers, self.pool = tuple(filters), tuple(buffers), pool or shared_pool()
        self._filters = (FilterStruct * len(filters))(*(each.struct() for each in filters))
        rows = (BufferStruct(b.width, b.each, b.over, b.given) for b in buffers)
        self._buffers = (BufferStruct * len(buffers))(*rows)
        lib = library()
        address: int | None = lib.makima_vocoder_new(
            kernels(instruction_set), self._filters, len(filters), self._buffers, len(buffers), self.pool.address
        )
        if address is None:
            raise MemoryError("The kernels could not allocate their buffers.")
        self.address = address
        weakref.finalize(self, lib.makima_vocoder_free, self.address).atexit = False

    def run(self, frames: int, given: Sequence[Array], style: Array, stop: ctypes.c_int32 | None = None) -> bool:
        """Run all filters; what they give is in those of `given` that they write. False where `stop` was set meanwhile.

        Shapes: given: of each given buffer in order, frames * each + over rows of its width, C-contiguous
        Raises: ValueError for arrays that do not fit; MemoryError
        """
        for buffer in self.buffers:
            wanted = (frames * buffer.each + buffer.over) * buffer.width
            if buffer.given >= 0 and given[buffer.given].size < wanted:
                raise ValueError(f"An array of {given[buffer.given].size} floats was given for {wanted}.")
        if frames < 1 or any(array.dtype != np.float32 or not array.flags.c_contiguous for array in (*given, style)):
            raise ValueError("Arrays are float32 and contiguous, of one frame or more.")
        stop = stop if stop is not None else ctypes.c_int32(0)
        addresses = (ctypes.c_void_p * len(given))(*(array.ctypes.data for array in given))
        failed = library().makima_vocoder_run(
            self.address, frames, addresses, style.ctypes.data, ctypes.addressof(stop), KEPT_FLOATS
        )
        if failed:
            raise MemoryError("The kernels could not allocate their buffers.")
        return stop.value == 0


def _check(each: Filter, buffers: Sequence[Buffer]) -> None:
    """Raises: ConfigError where rows and buffers are of different widths"""
    w = each.weights
    if buffers[each.source].width != w.inputs or w.inputs > WIDEST:
        raise ConfigError("filters", f"A filter takes {w.inputs} channels, its rows have {buffers[each.source].width}.")
    for number in (each.out, each.residual, each.total):
        if number >= 0 and buffers[number].width != w.outputs:
            raise ConfigError("filters", f"A filter gives {w.outputs} channels, rows have {buffers[number].width}.")
    if each.out < 0 and each.total < 0:
        raise ConfigError("filters", "A filter writes nothing.")
