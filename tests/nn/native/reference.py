"""What the kernels must compute, in plain NumPy and float64: slow, short, and written from the papers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from makima.nn.native.quantized import Kind
from makima.nn.native.shapes import DecoderShape, LayerArrays
from makima.nn.native.weights import DecoderWeights, KindOf, NativeLayer

Array = NDArray[Any]

SMALL = DecoderShape(layers=2, hidden=64, heads=4, kv_heads=2, head_dim=32, mlp=96)


def random_layers(shape: DecoderShape, seed: int = 0) -> list[LayerArrays]:
    """Weights large enough that every branch moves the result, with norms that are not all ones."""
    rng = np.random.default_rng(seed)

    def draw(*size: int) -> Array:
        drawn: Array = (rng.standard_normal(size) / np.sqrt(size[-1])).astype(np.float32)
        return drawn

    def norm(width: int) -> Array:
        return rng.uniform(0.5, 1.5, width).astype(np.float32)

    query, key = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    return [
        LayerArrays(
            q=draw(query, shape.hidden),
            k=draw(key, shape.hidden),
            v=draw(key, shape.hidden),
            output=draw(shape.hidden, query),
            gate=draw(shape.mlp, shape.hidden),
            up=draw(shape.mlp, shape.hidden),
            down=draw(shape.hidden, shape.mlp),
            input_norm=norm(shape.hidden),
            post_norm=norm(shape.hidden),
            q_norm=norm(shape.head_dim) if shape.head_norm else None,
            k_norm=norm(shape.head_dim) if shape.head_norm else None,
            attention_scale=norm(shape.hidden) if shape.window else None,
            mlp_scale=norm(shape.hidden) if shape.window else None,
        )
        for _ in range(shape.layers)
    ]


def packed(shape: DecoderShape, kind: Kind | KindOf, seed: int = 0) -> tuple[DecoderWeights, list[LayerArrays]]:
    """Random weights, packed, and what the packed ones stand for: rounding is not what the step's tests are about."""
    layers = random_layers(shape, seed)
    final = np.random.default_rng(seed + 1).uniform(0.5, 1.5, shape.hidden).astype(np.float32)
    weights = DecoderWeights.pack(shape, layers, final, kind)
    return weights, [_unpacked(shape, layer) for layer in weights.layers]


def _unpacked(shape: DecoderShape, layer: NativeLayer) -> LayerArrays:
    query, key = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    q, k, v = np.split(layer.qkv.dequantized(), [query, query + key])
    gate_up = layer.gate_up.dequantized().reshape(-1, 2, 16, shape.hidden)
    gate, up = (gate_up[:, i].reshape(shape.mlp, shape.hidden) for i in range(2))
    output, down = layer.output.dequantized(), layer.down.dequantized()
    return LayerArrays(q, k, v, output, gate, up, down, layer.input_norm, layer.post_norm, layer.q_norm, layer.k_norm)


def rms_norm(x: Array, weight: Array, eps: float) -> Array:
    """Scaled to unit root mean square over the last axis."""
    normed: Array = x / np.sqrt((x**2).mean(-1, keepdims=True) + eps) * weight
    return normed


def silu(x: Array) -> Array:
    """x times its sigmoid."""
    out: Array = x / (1 + np.exp(-x))
    return out


def quantized_activations(x: Array) -> Array:
    """Rows rounded as the kernels round them: int8, a scale for each group of 64."""
    wide = np.zeros((x.shape[0], -(-x.shape[1] // 64) * 64))
    wide[:, : x.shape[1]] = x
    groups = wide.reshape(x.shape[0], -1, 64)
    scale = np.abs(groups).max(-1, keepdims=True) / 127
    steps = np.divide(groups, scale, out=np.zeros_like(groups), where=scale > 0)
    rounded: Array = (np.round(steps) * scale).reshape(wide.shape)[:, : x.shape[1]]
    return rounded


@dataclass
class ReferenceDecoder:
    """One row of a decoder with its own past, in float64. Rounds activations where `rounds` says the kernels do."""

    shape: DecoderShape
    layers: list[LayerArrays]
    final_norm: Array
    rounds: bool = False
    keys: list[list[Array]] = field(default_factory=list)
    values: list[list[Array]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keys, self.values = [[] for _ in self.layers], [[] for _ in self.layers]

    def step(self, x: Array) -> Array:
        """The next position. Shapes: x [H] -> hidden [H] after the final norm"""
        shape, eps = self.shape, self.shape.rms_norm_eps
        x = x.astype(np.float64)
        for layer, keys, values in zip(self.layers, self.keys, self.values, strict=True):
            normed = rms_norm(x, layer.input_norm, eps)
            q, k, v = (self._product(weight, normed) for weight in (layer.q, layer.k, layer.v))
            heads, kv = q.reshape(shape.heads, -1), k.reshape(shape.kv_heads, -1)
            position = len(keys)
            if layer.q_norm is not None and layer.k_norm is not None:
                heads, kv = rms_norm(heads, layer.q_norm, eps), rms_norm(kv, layer.k_norm, eps)
            keys.append(self._rotate(kv, position))
            values.append(v.reshape(shape.kv_heads, -1))
            seen = slice(-shape.window if shape.window else 0, None)
            mixed = self._attend(self._rotate(heads, position), np.stack(keys[seen]), np.stack(values[seen]))
            x = x + self._product(layer.output, mixed)
            normed = rms_norm(x, layer.post_norm, eps)
            gated = silu(self._product(layer.gate, normed)) * self._product(layer.up, normed)
            x = x + self._product(layer.down, gated)
        return rms_norm(x, self.final_norm, eps)

    def _product(self, weight: Array, x: Array) -> Array:
        product: Array = weight.astype(np.float64) @ (quantized_activations(x[None])[0] if self.rounds else x)
        return product

    def _rotate(self, x: Array, position: int) -> Array:
        half = self.shape.head_dim // 2
        angle = position * self.shape.rope_theta ** (-np.arange(half) / half)
        a, b = x[:, :half], x[:, half:]
        return np.concatenate([a * np.cos(angle) - b * np.sin(angle), b * np.cos(angle) + a * np.sin(angle)], axis=-1)

    def _attend(self, q: Array, keys: Array, values: Array) -> Array:
        group = self.shape.heads // self.shape.kv_heads
        keys, values = (np.repeat(past, group, axis=1) for past in (keys, values))
        scores = np.einsum("hd,phd->hp", q, keys) / np.sqrt(self.shape.head_dim)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        mixed: Array = np.einsum("hp,phd->hd", weights, values)
        return mixed.reshape(-1)
