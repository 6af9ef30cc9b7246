"""A decoder's weights, packed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from makima.errors import ConfigError
from makima.nn.native.library import LayerStruct, WeightsStruct
from makima.nn.native.memory import Arena
from makima.nn.native.quantized import Kind, QuantizedMatrix, source_kind
from makima.nn.native.shapes import DecoderShape, LayerArrays
from makima.nn.native.threads import ThreadPool

MATRICES = ("qkv", "output", "gate_up", "down")
NORMS = ("input_norm", "post_norm", "q_norm", "k_norm")

KindOf = Callable[[int, str], Kind]
"""(layer, one of MATRICES) -> how finely that matrix is kept."""


def as_float32(array: NDArray[Any]) -> NDArray[np.float32]:
    """A float32 array, from float32 or from bfloat16 viewed as uint16."""
    if source_kind(array):
        array = (array.astype(np.uint32) << 16).view(np.float32)
    return np.ascontiguousarray(array, np.float32)


def _always(kind: Kind) -> Callable[[str], Kind]:
    return lambda name: kind


def _scaled(weight: NDArray[Any], scale: NDArray[Any] | None) -> NDArray[Any]:
    """A branch's last matrix with the layer scale worked into its rows."""
    return weight if scale is None else as_float32(weight) * as_float32(scale)[:, None]


@dataclass(frozen=True, slots=True)
class NativeLayer:
    """One layer: query, key and value are one matrix; gate and up are one, 16 rows of each in turn."""

    qkv: QuantizedMatrix
    output: QuantizedMatrix
    gate_up: QuantizedMatrix
    down: QuantizedMatrix
    input_norm: NDArray[np.float32]
    post_norm: NDArray[np.float32]
    q_norm: NDArray[np.float32] | None
    k_norm: NDArray[np.float32] | None

    @classmethod
    def of(cls, matrices: Mapping[str, QuantizedMatrix], norms: Mapping[str, NDArray[Any] | None]) -> Self:
        """By the names in MATRICES and NORMS."""
        norm = {name: as_float32(array) for name, array in norms.items() if array is not None}
        heads = norm.get("q_norm"), norm.get("k_norm")
        qkv, output, gate_up, down = (matrices[name] for name in MATRICES)
        return cls(qkv, output, gate_up, down, norm["input_norm"], norm["post_norm"], *heads)

    @classmethod
    def pack(
        cls,
        shape: DecoderShape,
        layer: LayerArrays,
        kind: Callable[[str], Kind],
        *,
        search: bool = True,
        pool: ThreadPool | None = None,
        arena: Arena | None = None,
    ) -> Self:
        """Pack a checkpoint's layer, each of MATRICES in its `kind`. Raises: as `DecoderWeights.pack`"""
        layer.check(shape)
        gate, up = (part.reshape(-1, 16, shape.hidden) for part in (layer.gate, layer.up))
        matrices = {
            "qkv": np.concatenate([layer.q, layer.k, layer.v]),
            "output": _scaled(layer.output, layer.attention_scale),
            "gate_up": np.stack([gate, up], axis=1).reshape(2 * shape.mlp, shape.hidden),
            "down": _scaled(layer.down, layer.mlp_scale),
        }
        native = {
            name: QuantizedMatrix.pack(weight, kind(name), search=search, pool=pool, arena=arena)
            for name, weight in matrices.items()
        }
        return cls.of(native, {name: getattr(layer, name) for name in NORMS})


@dataclass(frozen=True, slots=True)
class DecoderWeights:
    """All layers and the final norm."""

    shape: DecoderShape
    layers: tuple[NativeLayer, ...]
    final_norm: NDArray[np.float32]

    @classmethod
    def pack(
        cls,
        shape: DecoderShape,
        layers: Iterable[LayerArrays],
        final_norm: NDArray[Any],
        kind: Kind | KindOf,
        *,
        search: bool = True,
        pool: ThreadPool | None = None,
        arena: Arena | None = None,
    ) -> Self:
        """Pack a checkpoint's layers; `layers` may be a generator, so only one is in memory unpacked.

        Raises: ConfigError where a shape does not fit; AssetError where there is no library.
        """
        arena = arena or Arena()
        packed = [
            NativeLayer.pack(
                shape,
                layer,
                partial(kind, index) if callable(kind) else _always(kind),
                search=search,
                pool=pool,
                arena=arena,
            )
            for index, layer in enumerate(layers)
        ]
        return cls(shape, tuple(packed), as_float32(final_norm))._checked()

    def _checked(self) -> Self:
        if len(self.layers) != self.shape.layers:
            raise ConfigError("layers", f"There are {len(self.layers)} layers, not {self.shape.layers}.")
        if self.final_norm.shape != (self.shape.hidden,):
            raise ConfigError("norm", f"The final norm has the shape {self.final_norm.shape}.")
        return self

    @property
    def size_bytes(self) -> int:
        """Bytes of weights that one step reads."""
        return sum(matrix.size_bytes for matrix in self._matrices())

    @property
    def bits_per_weight(self) -> float:
        """The mean, scales included."""
        weights: int = sum(matrix.rows * matrix.columns for matrix in self._matrices())
        return 8 * self.size_bytes / weights

    def _matrices(self) -> Iterator[QuantizedMatrix]:
        return (getattr(layer, name) for layer in self.layers for name in MATRICES)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """As plain arrays to store, named `layers.3.qkv.data` and so on."""
        arrays: dict[str, NDArray[Any]] = {"norm": self.final_norm}
        for index, layer in enumerate(self.layers):
            for name in MATRICES:
                for part, array in getattr(layer, name).arrays().items():
                    arrays[f"layers.{index}.{name}.{part}"] = array
            for name in NORMS:
                if (norm := getattr(layer, name)) is not None:
                    arrays[f"layers.{index}.{name}"] = norm
        return arrays

    @classmethod
    def from_arrays(
        cls, shape: DecoderShape, arrays: Mapping[str, NDArray[Any]], *, arena: Arena | None = None
    ) -> Self:
        """The inverse of `arrays`. With an arena the weights are copied into it, without one they are used in place.

        Raises: AssetError for another layout version; ConfigError where a shape does not fit.
        """
        layers = []
        for index in range(shape.layers):
            prefix = f"layers.{index}."
            native = {
                name: QuantizedMatrix.from_arrays(
                    {part: arrays[f"{prefix}{name}.{part}"] for part in ("data", "scales", "layout")}, arena=arena
                )
                for name in MATRICES
            }
            layers.append(NativeLayer.of(native, {name: arrays.get(prefix + name) for name in NORMS}))
        return cls(shape, tuple(layers), as_float32(arrays["norm"]))._checked()

    def struct(self) -> WeightsStruct:
        """What the kernels take. It points into these weights, which must outlive it."""
        shape = self.shape
        layers = (LayerStruct * shape.layers)()
        for target, layer in zip(layers, self.layers, strict=True):
            for name in MATRICES:
                setattr(target, name, getattr(layer, name).struct())
            for name in NORMS:
                norm = getattr(layer, name)
                setattr(target, name, None if norm is None else norm.ctypes.data)
        sizes = (shape.layers, shape.hidden, shape.heads, shape.kv_heads, shape.head_dim, shape.mlp)
        return WeightsStruct(*sizes, shape.rms_norm_eps, shape.window, layers, self.final_norm.ctypes.data)
