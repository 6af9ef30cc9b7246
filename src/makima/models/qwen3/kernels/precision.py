"""Which matrices stay in 8 bits where the others are rounded to 4: those whose rounding the scores feel most."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from makima.models.qwen3.kernels.conversion import array_of, layer_arrays, shape_of
from makima.nn.kv_cache import KVCache
from makima.nn.native.decoder import NativeDecoder
from makima.nn.native.memory import Arena
from makima.nn.native.weights import MATRICES, DecoderWeights, NativeLayer
from makima.nn.transformer import DecoderConfig, DecoderLayer, DecoderStack, rotary

ENOUGH: Final = 0.02
"""An error of the scores, as a part of their spread, below which nothing is made finer."""
MOST_FINER: Final = 1 / 8
"""The part of the weights, at most, that stays in 8 bits: it is read at twice the cost."""
BANDS: Final = 7
"""The number of groups of neighbouring layers that are tried."""

Score = Callable[[Tensor], Tensor]
"""Scores of hidden states. Shapes: [B, T, H] -> [B, ..., V]"""


@dataclass(frozen=True, slots=True)
class Precision:
    """What was measured, and what came of it: errors are root mean squares, as parts of the scores' own spread."""

    coarse_error: float
    error: float
    finer: tuple[str, ...]
    share: float

    def __str__(self) -> str:
        coarse = f"rounding moves the scores by {self.coarse_error:.1%} of their spread"
        if not self.finer:
            return coarse
        return f"{coarse}, by {self.error:.1%} with {self.share:.0%} of the weights in int8: {', '.join(self.finer)}"


@dataclass(frozen=True, slots=True)
class _Band:
    """One kind of matrix in neighbouring layers."""

    matrix: str
    layers: range

    def __str__(self) -> str:
        first, last = self.layers[0], self.layers[-1]
        return f"{self.matrix} of layer {first}" if first == last else f"{self.matrix} of layers {first} to {last}"


def pack_measured(
    stack: DecoderStack, layers: Iterable[DecoderLayer], inputs: Tensor, score: Score
) -> tuple[DecoderWeights, Precision]:
    """Pack a stack in int4, but the matrices in int8 that lower the error of the scores most for their size.

    Each layer is run once as it is, which gives the scores to compare with, and packed both ways.

    Shapes: inputs [B, T, H]
    Raises: ConfigError for sizes that the kernels do not take
    """
    config, shape = stack.config, shape_of(stack.config)
    x, coarse, fine = inputs.float(), list[NativeLayer](), list[NativeLayer]()
    arenas = Arena(), Arena()
    for layer in layers:
        layer.float()
        arrays = layer_arrays(config, layer)
        coarse.append(NativeLayer.pack(shape, arrays, lambda name: "int4", arena=arenas[0]))
        fine.append(NativeLayer.pack(shape, arrays, lambda name: "int8", arena=arenas[1]))
        x = _through(config, layer, x)
    exact = score(stack.norm.float()(x))
    norm = array_of(stack.norm.weight)
    weights = DecoderWeights(shape, tuple(coarse), norm)  # type: ignore[arg-type]

    def error(bands: Iterable[_Band]) -> float:
        mixed = _mixed(weights, fine, bands)
        found = score(torch.from_numpy(_run(mixed, inputs.float().numpy())))
        spread = exact - exact.mean(-1, keepdim=True)
        return float(((found - exact).square().mean() / spread.square().mean()).sqrt())

    coarse_error = error(())
    chosen: list[_Band] = []
    if coarse_error > ENOUGH:
        chosen = _choose(weights, {band: coarse_error - error((band,)) for band in _bands(config.layers)})
    mixed = _mixed(weights, fine, chosen)
    share = sum(_size(weights, band) for band in chosen) / weights.size_bytes
    return mixed, Precision(coarse_error, error(chosen), tuple(str(band) for band in chosen), share)


def _bands(layers: int) -> list[_Band]:
    size = -(-layers // BANDS)
    spans = [range(first, min(first + size, layers)) for first in range(0, layers, size)]
    return [_Band(matrix, span) for matrix, span in itertools.product(MATRICES, spans)]


def _choose(weights: DecoderWeights, gains: dict[_Band, float]) -> list[_Band]:
    """The bands that gain most for their size, as many as fit."""
    room = MOST_FINER * weights.size_bytes
    chosen: list[_Band] = []
    for band in sorted(gains, key=lambda band: gains[band] / _size(weights, band), reverse=True):
        if gains[band] > 0 and _size(weights, band) <= room:
            chosen.append(band)
            room -= _size(weights, band)
    return chosen


def _size(weights: DecoderWeights, band: _Band) -> int:
    return sum(getattr(weights.layers[index], band.matrix).size_bytes for index in band.layers)


def _mixed(weights: DecoderWeights, fine: list[NativeLayer], bands: Iterable[_Band]) -> DecoderWeights:
    layers = list(weights.layers)
    for band in bands:
        for index in band.layers:
            layers[index] = replace(layers[index], **{band.matrix: getattr(fine[index], band.matrix)})
    return replace(weights, layers=tuple(layers))


def _run(weights: DecoderWeights, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Hidden states of packed weights. Shapes: inputs [B, T, H] -> [B, T, H]"""
    slots, steps, _ = inputs.shape
    decoder = NativeDecoder(weights, slots=slots, positions=steps, max_rows=max(16, slots))
    return np.stack([decoder.prefill(rows, slot) for slot, rows in enumerate(inputs)])


def _through(config: DecoderConfig, layer: DecoderLayer, x: Tensor) -> Tensor:
    """One layer as it is, over the whole of `x`. Shapes: x [B, T, H] -> [B, T, H]"""
    slots, steps, _ = x.shape
    cache = KVCache.empty(slots, 1, config.kv_heads, steps, config.head_width, x.device, x.dtype)
    plan = cache.plan(steps, torch.ones(slots, dtype=torch.bool))
    out: Tensor = layer(x, rotary(plan.positions, config.head_width, config.rope_theta, x.dtype), plan, 0)
    return out
