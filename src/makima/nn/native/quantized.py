"""A matrix of weights packed for the kernels: float32, bfloat16, int8 (a scale for each row) or int4 (for each 64)."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, cast, get_args

import numpy as np
from numpy.typing import NDArray

from makima.errors import AssetError, ConfigError
from makima.nn.native.library import LAYOUT_VERSION, MatrixStruct, kernels, library
from makima.nn.native.memory import Arena
from makima.nn.native.threads import ThreadPool, shared_pool

Kind = Literal["float32", "bfloat16", "int8", "int4"]
KINDS: tuple[str, ...] = get_args(Kind)
BLOCK_ROWS = 16
GROUP = 64


def source_kind(weight: NDArray[Any], key: str = "weight") -> int:
    """How the kernels read an array: float32, or bfloat16 as uint16.

    Raises: ConfigError for any other dtype.
    """
    if weight.dtype == np.float32:
        return KINDS.index("float32")
    if weight.dtype == np.uint16:
        return KINDS.index("bfloat16")
    raise ConfigError(key, f"The weights are {weight.dtype}, not float32, or bfloat16 viewed as uint16.")


def _scale_bytes(kind: str, rows: int, columns: int) -> int:
    blocks = -(-rows // BLOCK_ROWS)
    if kind == "int8":
        return blocks * BLOCK_ROWS * 4
    return blocks * BLOCK_ROWS * 2 * -(-columns // GROUP) if kind == "int4" else 0


@dataclass(frozen=True, slots=True)
class QuantizedMatrix:
    """Packed weights [N, K] for products x [B, K] -> [B, N]. The layout is that of types.h, version LAYOUT_VERSION.

    `data` and `scales` are bytes; they may lie anywhere, also in a memory map, and are read fastest on cache lines.
    """

    kind: Kind
    rows: int
    columns: int
    data: NDArray[np.uint8]
    scales: NDArray[np.uint8]

    @classmethod
    def pack(
        cls,
        weight: NDArray[Any],
        kind: Kind,
        *,
        search: bool = True,
        pool: ThreadPool | None = None,
        arena: Arena | None = None,
        instruction_set: str | None = None,
    ) -> Self:
        """Pack and, for int8 and int4, round. `search` tries 19 scales for each int4 group and takes the best.

        Shapes: weight [N, K] float32, or bfloat16 viewed as uint16
        Raises: ConfigError for another dtype or number of dimensions; AssetError where there is no library.
        """
        if kind not in KINDS:
            raise ConfigError("quantize", f"{kind!r} is not one of {', '.join(KINDS)}.")
        if weight.ndim != 2 or 0 in weight.shape:
            raise ConfigError("weight", f"A matrix has two dimensions, this has the shape {weight.shape}.")
        source, weight = source_kind(weight), np.ascontiguousarray(weight)
        rows, columns = weight.shape
        empty = cls(kind, rows, columns, np.empty(0, np.uint8), np.empty(0, np.uint8))
        arena = arena or Arena(chunk_bytes=0)
        data = arena.take(library().makima_data_bytes(empty.struct()))
        packed = cls(kind, rows, columns, data, arena.take(_scale_bytes(kind, rows, columns)))
        pool = pool or shared_pool()
        library().makima_pack(
            kernels(instruction_set), pool.address, packed.struct(), weight.ctypes.data, source, int(search)
        )
        return packed

    def struct(self) -> MatrixStruct:
        """What the kernels take. It points into this matrix, which must outlive it."""
        return MatrixStruct(
            KINDS.index(self.kind), self.rows, self.columns, 0, self.data.ctypes.data, self.scales.ctypes.data
        )

    @property
    def size_bytes(self) -> int:
        """Bytes that one product reads."""
        return self.data.size + self.scales.size

    def arrays(self) -> dict[str, NDArray[Any]]:
        """As plain arrays to store: `data`, `scales` and `layout` = (version, kind, rows, columns)."""
        layout = np.array([LAYOUT_VERSION, KINDS.index(self.kind), self.rows, self.columns], np.int64)
        return {"data": self.data, "scales": self.scales, "layout": layout}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], *, arena: Arena | None = None) -> Self:
        """The inverse of `arrays`. With an arena the bytes are copied into it, without one they are used in place.

        Raises: AssetError for another layout version, or sizes that do not fit the shape.
        """
        version, number, rows, columns = (int(value) for value in arrays["layout"])
        if version != LAYOUT_VERSION or not 0 <= number < len(KINDS):
            raise AssetError("packed weights", f"They are of layout {version}, this makima wants {LAYOUT_VERSION}.")
        kind = cast("Kind", KINDS[number])
        data, scales = arrays["data"], arrays["scales"]
        if arena is not None:
            data, scales = arena.copy(data), arena.copy(scales)
        matrix = cls(kind, rows, columns, data, scales)
        expected = (library().makima_data_bytes(matrix.struct()), _scale_bytes(kind, rows, columns))
        if (data.size, scales.size) != expected:
            found = f"{data.size} and {scales.size} bytes, not {expected[0]} and {expected[1]}"
            raise AssetError("packed weights", f"A {kind} matrix of {rows} x {columns} has {found}.")
        return matrix

    def product(
        self, x: NDArray[np.float32], *, pool: ThreadPool | None = None, instruction_set: str | None = None
    ) -> NDArray[np.float32]:
        """x times the transposed matrix. A row's result does not depend on the other rows or on the threads.

        Shapes: x [B, K] float32 -> [B, N] float32
        Raises: ValueError for another width; MemoryError.
        """
        if x.ndim != 2 or x.shape[1] != self.columns:
            raise ValueError(f"x has the shape {x.shape}, the matrix takes [B, {self.columns}].")
        x = np.ascontiguousarray(x, np.float32)
        out = np.empty((x.shape[0], self.rows), np.float32)
        failed = library().makima_product(
            kernels(instruction_set),
            (pool or shared_pool()).address,
            ctypes.byref(self.struct()),
            x.ctypes.data,
            x.shape[0],
            out.ctypes.data,
        )
        if failed:
            raise MemoryError("The kernels could not allocate their buffers.")
        return out

    def dequantized(self) -> NDArray[np.float32]:
        """The weights the kernels multiply by. For tests and for measuring what rounding cost.

        Shapes: [N, K] float32
        """
        blocks, groups = -(-self.rows // BLOCK_ROWS), -(-self.columns // GROUP)
        if self.kind == "int4":
            lines = self.data.reshape(blocks, groups, 8, BLOCK_ROWS, 4)
            values = np.stack([lines & 15, lines >> 4], axis=2).astype(np.float32) - 8
            scales = (self.scales.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
            values *= scales.reshape(blocks, groups, 1, 1, BLOCK_ROWS, 1)
            wide = values.transpose(0, 4, 1, 2, 3, 5)
        elif self.kind == "int8":
            values = self.data.view(np.int8).astype(np.float32).reshape(blocks, groups * 16, BLOCK_ROWS, 4)
            wide = (values * self.scales.view(np.float32).reshape(blocks, 1, BLOCK_ROWS, 1)).transpose(0, 2, 1, 3)
        elif self.kind == "bfloat16":
            values = (self.data.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
            wide = values.reshape(blocks, -1, BLOCK_ROWS, 2).transpose(0, 2, 1, 3)
        else:
            wide = self.data.view(np.float32).reshape(blocks, -1, BLOCK_ROWS).transpose(0, 2, 1)
        return np.ascontiguousarray(wide.reshape(blocks * BLOCK_ROWS, -1)[: self.rows, : self.columns])
