"""The code predictor: all codes of a frame after the first, in one call."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from makima.errors import ConfigError
from makima.nn.native.decoder import NativeDecoder
from makima.nn.native.library import MatrixStruct, PredictorStruct, SamplingStruct, library
from makima.nn.native.quantized import QuantizedMatrix, source_kind
from makima.nn.native.threads import ThreadPool
from makima.nn.native.weights import DecoderWeights, as_float32


@dataclass(frozen=True, slots=True)
class RowSampling:
    """How one row's codes are drawn. Temperature 0 is greedy, top-k 0 and top-p 1 keep everything.

    The uniform number u picks the first code whose cumulative weight exceeds u times the total, likeliest first.
    """

    temperature: float = 0.9
    top_k: int = 50
    top_p: float = 1.0

    def struct(self) -> SamplingStruct:
        """What the kernels take."""
        return SamplingStruct(self.temperature, self.top_k, self.top_p, 0)


GREEDY = RowSampling(temperature=0.0)


def draw(logits: NDArray[np.float32], sampling: RowSampling, uniform: float) -> int:
    """One code from logits [V], exactly as inside the predictor.

    Raises: ValueError where the logits are not one row; MemoryError.
    """
    if logits.ndim != 1 or not logits.size:
        raise ValueError(f"logits have the shape {logits.shape}, not [V].")
    logits = np.ascontiguousarray(logits, np.float32)
    code: int = library().makima_sample(logits.ctypes.data, logits.size, ctypes.byref(sampling.struct()), uniform)
    if code < 0:
        raise MemoryError("The kernels could not allocate their buffers.")
    return code


@dataclass(frozen=True, slots=True)
class PredictorWeights:
    """Layers, and for every step a head and the embedding of the code it predicts.

    Shapes: heads K - 1 of [V, H]; embeddings K - 1 of [V, W], float32 or bfloat16 viewed as uint16;
            projection [H, W] and its bias [H], or None where W = H
    Raises: ConfigError naming what does not fit.
    """

    decoder: DecoderWeights
    heads: tuple[QuantizedMatrix, ...]
    embeddings: tuple[NDArray[Any], ...]
    projection: QuantizedMatrix | None = None
    projection_bias: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        hidden, vocabulary, width = self.decoder.shape.hidden, self.vocabulary, self.input_width
        if not self.heads or len(self.heads) != len(self.embeddings):
            raise ConfigError("heads", f"{len(self.heads)} heads and {len(self.embeddings)} embeddings.")
        if any((head.rows, head.columns) != (vocabulary, hidden) for head in self.heads):
            raise ConfigError("heads", f"Every head must have the shape {(vocabulary, hidden)}.")
        first = self.embeddings[0]
        if any(e.shape != (vocabulary, width) or e.dtype != first.dtype for e in self.embeddings):
            raise ConfigError("embeddings", f"Every embedding must be {first.dtype} {(vocabulary, width)}.")
        source_kind(first, "embeddings")
        if self.projection is None and width != hidden:
            raise ConfigError("projection", f"None given, and {width} is not {hidden} wide.")
        if self.projection and (self.projection.rows, self.projection.columns) != (hidden, width):
            raise ConfigError("projection", f"It must have the shape {(hidden, width)}.")

    @property
    def vocabulary(self) -> int:
        """V, codes of one codebook."""
        return self.heads[0].rows if self.heads else 0

    @property
    def input_width(self) -> int:
        """W, the talker's width."""
        return int(self.embeddings[0].shape[-1]) if self.embeddings else 0


class NativePredictor:
    """Runs the code predictor for up to `rows` streams at once; nothing carries over from frame to frame."""

    def __init__(
        self,
        weights: PredictorWeights,
        *,
        rows: int,
        pool: ThreadPool | None = None,
        instruction_set: str | None = None,
    ) -> None:
        """Raises: ConfigError for rows below 1; AssetError where there is no library."""
        steps, width = len(weights.heads), weights.input_width
        self.weights, self.rows, self.steps = weights, rows, steps
        self.decoder = NativeDecoder(
            weights.decoder,
            slots=rows,
            positions=steps + 1,
            max_rows=2 * rows,  # the first pass takes two positions of every row
            pool=pool,
            instruction_set=instruction_set,
            input_width=width,
            vocabulary=weights.vocabulary,
        )
        self._embeddings = tuple(np.ascontiguousarray(table) for table in weights.embeddings)
        bias = np.zeros(weights.decoder.shape.hidden) if weights.projection_bias is None else weights.projection_bias
        self._bias = as_float32(bias.astype(np.float32) if bias.dtype == np.float64 else bias)
        self._heads = (MatrixStruct * steps)(*(head.struct() for head in weights.heads))
        self._tables = (ctypes.c_void_p * steps)(*(table.ctypes.data for table in self._embeddings))
        self._struct = PredictorStruct(
            steps, weights.vocabulary, width, source_kind(self._embeddings[0]), self._heads, self._tables
        )
        if weights.projection is not None:
            self._struct.projection = ctypes.pointer(weights.projection.struct())
            self._struct.projection_bias = self._bias.ctypes.data

    def frame(
        self,
        hidden: NDArray[np.float32],
        first: NDArray[np.float32],
        sampling: Sequence[RowSampling],
        noise: NDArray[np.float32] | None = None,
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Codes 1 to K - 1 of a frame, and the sum of their embeddings.

        Shapes: hidden [B, W] the talker's hidden states, first [B, W] the embeddings of code 0, noise [B, K - 1]
                uniform in [0, 1), None where all rows are greedy -> codes [B, K - 1] int32, sum [B, W] float32
        Raises: ValueError for shapes that do not fit, or rows that need noise and have none; MemoryError.
        """
        rows, width = len(hidden), self.weights.input_width
        if not 1 <= rows <= self.rows or hidden.shape != (rows, width) or first.shape != (rows, width):
            shapes = f"{hidden.shape} and {first.shape}"
            raise ValueError(f"hidden and first have the shapes {shapes}, not twice [1 to {self.rows}, {width}].")
        if len(sampling) != rows:
            raise ValueError(f"{len(sampling)} samplings for {rows} rows.")
        if noise is None and any(row.temperature > 0 for row in sampling):
            raise ValueError("Rows that are not greedy need noise.")
        if noise is not None and noise.shape != (rows, self.steps):
            raise ValueError(f"noise has the shape {noise.shape}, not {(rows, self.steps)}.")
        hidden, first = (np.ascontiguousarray(array, np.float32) for array in (hidden, first))
        noise = None if noise is None else np.ascontiguousarray(noise, np.float32)
        codes, total = np.empty((rows, self.steps), np.int32), np.empty_like(first)
        failed = library().makima_predict(
            self.decoder.address,
            ctypes.byref(self._struct),
            rows,
            hidden.ctypes.data,
            first.ctypes.data,
            None if noise is None else noise.ctypes.data,
            (SamplingStruct * rows)(*(row.struct() for row in sampling)),
            codes.ctypes.data,
            total.ctypes.data,
        )
        if failed:
            raise MemoryError("The kernels could not allocate their buffers.")
        return codes, total
