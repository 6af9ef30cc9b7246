"""A codec's convolutions from latent to audio in one call: streaming, fused with all that lies between."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from makima.errors import AssetError, ConfigError
from makima.nn.native.library import LAYOUT_VERSION, StageStruct, kernels, library
from makima.nn.native.memory import Arena
from makima.nn.native.threads import ThreadPool, shared_pool

VECTOR = 16
CONVOLUTION, DEPTHWISE, PAIRED = 0, 1, 2
SNAKE, GELU = 1, 2
ADD, STORE = 1, 2
SIZES = ("kind", "inputs", "outputs", "taps", "dilation", "rate", "activation", "residual")
TABLES = ("bias", "first", "second", "scales")
PAIR_TAPS = 10
WORD_PEAK, SPAN = 16383, 128

Array = NDArray[np.float32]


def padded(array: NDArray[Any], *axes: int) -> Array:
    """Zeros appended up to a multiple of the vector, along each of `axes`."""
    width = [(0, -array.shape[i] % VECTOR if i in axes else 0) for i in range(array.ndim)]
    return np.pad(np.asarray(array, np.float32), width)


@dataclass(frozen=True, slots=True)
class NativeStage:
    """One stage of types.h: its sizes, and its arrays in packed form."""

    kind: int
    inputs: int
    outputs: int
    taps: int
    dilation: int
    rate: int
    weights: NDArray[np.uint8]
    bias: Array
    activation: int = 0
    residual: int = 0
    first: Array | None = None
    second: Array | None = None
    scales: Array | None = None

    def snake(self, frequency: NDArray[Any], amplitude: NDArray[Any]) -> Self:
        """Followed by x + amplitude sin(frequency x)^2. Shapes: [outputs] each"""
        tables = (np.tile(padded(table, 0), self.rate) for table in (frequency, amplitude))
        first, second = tables
        return replace(self, activation=SNAKE, first=first, second=second)

    @property
    def multiplies(self) -> bool:
        """Whether its weights meet whole rows."""
        return self.kind != DEPTHWISE

    def narrowed(self, arena: Arena) -> Self:
        """With weights in 16 bits, as large as exact sums of SPAN products allow, and half the memory.

        What they meet is rounded to 15 bits as it comes. Source: types.h
        Raises: ConfigError for a stage without products, or one that is narrowed already
        """
        if not self.multiplies or self.scales is not None:
            raise ConfigError("stage", "It has no weights in float32 that are multiplied with rows.")
        taps = PAIR_TAPS if self.kind == PAIRED else self.taps
        wide = self.weights.view(np.float32).reshape(-1, taps, self.inputs, VECTOR)
        sizes = np.abs(wide)
        starts = np.arange(0, self.inputs, SPAN)
        summed = np.add.reduceat(sizes, starts, axis=2).max(axis=(1, 2))
        # Rounding may add half a unit to each of a span.
        limit = (2**31 - 1) // WORD_PEAK - SPAN // 2
        scales = np.maximum(summed / limit, sizes.max(axis=(1, 2)) / (2**15 - 1))  # [blocks, VECTOR]
        units = np.where(scales > 0, scales, 1).astype(np.float32)
        words = np.rint(wide / units[:, None, None]).astype(np.int16)
        lines = words.reshape(-1, taps, self.inputs // 2, 2, VECTOR).swapaxes(3, 4)
        return replace(self, weights=arena.copy(lines), scales=units.reshape(-1))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """As plain arrays to store: `weights`, the tables there are, and `layout` = (version, the sizes)."""
        layout = np.array([LAYOUT_VERSION, *(getattr(self, name) for name in SIZES)], np.int64)
        tables = {name: getattr(self, name) for name in TABLES if getattr(self, name) is not None}
        return {"layout": layout, "weights": self.weights, **tables}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The inverse of `arrays`; they are used in place. Raises: AssetError for another layout version."""
        version, *sizes = (int(value) for value in arrays["layout"])
        if version != LAYOUT_VERSION:
            raise AssetError("packed weights", f"They are of layout {version}, this makima wants {LAYOUT_VERSION}.")
        fields: dict[str, Any] = dict(zip(SIZES, sizes, strict=True))
        fields |= {name: arrays.get(name) for name in ("weights", *TABLES)}
        return cls(**fields)

    def struct(self) -> StageStruct:
        """What the kernels take. It points into this stage, which must outlive it."""
        sizes = (self.kind, self.inputs, self.outputs, self.taps, self.dilation, self.rate)
        tables = (getattr(self, name) for name in TABLES)
        return StageStruct(*sizes, self.activation, self.residual, self.weights.ctypes.data, *map(_address, tables))


def _address(table: Array | None) -> int | None:
    return None if table is None else table.ctypes.data


def convolution(weight: NDArray[Any], bias: NDArray[Any], arena: Arena, dilation: int = 1) -> NativeStage:
    """A causal convolution. Shapes: weight [outputs, inputs, taps], bias [outputs]"""
    wide = padded(weight, 0, 1)
    outputs, inputs, taps = wide.shape
    panels = wide.reshape(-1, VECTOR, inputs, taps).transpose(0, 3, 2, 1)
    return NativeStage(CONVOLUTION, inputs, outputs, taps, dilation, 1, arena.copy(panels), padded(bias, 0))


def paired(weight: NDArray[Any], bias: NDArray[Any], arena: Arena, dilation: int = 1) -> NativeStage:
    """`convolution` with seven taps, of which rows that lie `dilation` apart share multiplications: 10 for 14.

    Worth it where arithmetic and not the reading of weights takes the time, for there are more of these.

    Shapes: weight [outputs, inputs, 7], bias [outputs]
    Source: types.h tells the sums. Raises: ConfigError for another kernel
    """
    if weight.shape[2] != 7:
        raise ConfigError("conv", f"A kernel of {weight.shape[2]} is not one of 7.")
    g = np.moveaxis(np.asarray(weight, np.float64), 2, 0)
    whole, apart = ([(x + sign * y + z) / 2 for x, y, z in (g[:3], g[3:6])] for sign in (1, -1))
    products = np.stack([g[0], g[3], g[6], *whole, *apart, -g[2], -g[5], g[6]], axis=-1)
    return replace(convolution(products, bias, arena, dilation), kind=PAIRED, taps=7)


def transposed(weight: NDArray[Any], bias: NDArray[Any], arena: Arena, rate: int) -> NativeStage:
    """An upsampling convolution: `rate` output rows of each input row, which also sees the row before it where the
    kernel is two strides long.

    Shapes: weight [inputs, outputs, rate or 2 * rate], bias [outputs]
    Raises: ConfigError for another kernel.
    """
    wide = padded(weight, 0, 1)
    inputs, outputs, kernel = wide.shape
    if kernel not in (rate, 2 * rate):
        raise ConfigError("conv", f"A kernel of {kernel} is neither one nor two strides of {rate}.")
    # The later half of the kernel reaches into the next stride: there it meets the row before.
    taps = wide.reshape(inputs, outputs, -1, rate)[:, :, ::-1]
    panels = taps.transpose(3, 1, 2, 0).reshape(-1, VECTOR, kernel // rate, inputs).transpose(0, 2, 3, 1)
    bias = np.tile(padded(bias, 0), rate)
    return NativeStage(CONVOLUTION, inputs, outputs, kernel // rate, 1, rate, arena.copy(panels), bias)


def depthwise(weight: NDArray[Any], bias: NDArray[Any], norm: Sequence[NDArray[Any]], arena: Arena) -> NativeStage:
    """A depthwise convolution and a layer norm over the channels, which must fill whole vectors.

    Shapes: weight [channels, 1, taps], bias and both of the norm [channels]
    Raises: ConfigError for a number of channels that is not a multiple of 16.
    """
    channels, _, taps = weight.shape
    if channels % VECTOR:
        raise ConfigError("dwconv", f"{channels} channels are not a multiple of {VECTOR}.")
    packed = arena.copy(np.asarray(weight[:, 0].T, np.float32))
    first, second, plain = (np.ascontiguousarray(table, np.float32) for table in (*norm, bias))
    return NativeStage(DEPTHWISE, channels, channels, taps, 1, 1, packed, plain, first=first, second=second)


class NativeCodec:
    """Runs a stack of stages that ends in one channel of audio, for any of `slots` streams at once.

    `state` [slots, ...] float32 is all that a stream leaves behind; zero is fresh, and a row may be copied or saved.
    """

    def __init__(
        self,
        stages: Sequence[NativeStage],
        *,
        slots: int,
        max_steps: int,
        pool: ThreadPool | None = None,
        instruction_set: str | None = None,
        state: NDArray[np.float32] | None = None,
    ) -> None:
        """`max_steps`: input rows of a stream in one call; longer inputs are taken in parts. `state`: another's, which
        then decodes the same streams, such as on another pool; one at a time.

        Raises: ConfigError for stages that do not follow each other; AssetError where there is no library.
        """
        for one, two in itertools.pairwise(stages):
            if one.outputs != two.inputs:
                raise ConfigError("stages", f"A stage gives {one.outputs} channels, the next takes {two.inputs}.")
        if not stages or stages[-1].outputs != VECTOR:
            raise ConfigError("stages", "The last stage must give one channel.")
        if slots < 1 or max_steps < 1:
            raise ConfigError("slots", f"{slots} slots of {max_steps} steps are too few.")
        self.stages, self.slots, self.max_steps = tuple(stages), slots, max_steps
        self.inputs, self.pool = stages[0].inputs, pool or shared_pool()
        self._structs = (StageStruct * len(stages))(*(stage.struct() for stage in stages))
        lib = library()
        shape = slots, lib.makima_stack_state(self._structs, len(stages))
        self.state = np.zeros(shape, np.float32) if state is None else state
        if self.state.shape != shape:
            raise ConfigError("state", f"It has the shape {self.state.shape}, not {shape}.")
        address: int | None = lib.makima_stack_new(
            kernels(instruction_set), self._structs, len(stages), self.pool.address, slots, max_steps
        )
        if address is None:
            raise MemoryError("The kernels could not allocate their buffers.")
        self.address, self.rate = address, int(lib.makima_stack_rate(address))
        weakref.finalize(self, lib.makima_stack_free, address).atexit = False

    def run(self, latent: NDArray[np.float32], slots: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """Advance the listed streams. What comes out depends neither on the chunks nor on the other streams.

        Shapes: latent [B, T, inputs] float32, slots [B], each at most once -> audio [B, T * rate] in [-1, 1]
        Raises: ValueError for shapes or slots that do not fit.
        """
        rows = len(latent)
        if latent.ndim != 3 or latent.shape[2] != self.inputs or not 1 <= rows <= self.slots:
            raise ValueError(f"The latent has the shape {latent.shape}, not [1 to {self.slots}, T, {self.inputs}].")
        listed = slots.tolist()
        if len(set(listed)) != rows or not all(0 <= slot < self.slots for slot in listed):
            raise ValueError(f"slots {listed} are not {rows} different ones from 0 to {self.slots - 1}.")
        which = np.ascontiguousarray(slots, np.int32)
        parts = []
        for start in range(0, latent.shape[1], self.max_steps):
            part = np.ascontiguousarray(latent[:, start : start + self.max_steps], np.float32)
            audio = np.empty((rows, part.shape[1] * self.rate), np.float32)
            library().makima_stack_run(
                self.address,
                rows,
                part.shape[1],
                which.ctypes.data,
                part.ctypes.data,
                self.state.ctypes.data,
                self.state.shape[1],
                audio.ctypes.data,
            )
            parts.append(audio)
        return np.concatenate(parts, axis=1) if parts else np.empty((rows, 0), np.float32)

    def help(self) -> bool:
        """Take part in a run that another thread is in, up to its end. Whether there was one."""
        return bool(library().makima_stack_help(self.address))
