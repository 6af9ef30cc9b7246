"""The shape of a decoder, and one layer's weights before they are packed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from makima.errors import ConfigError

VECTOR = 16


@dataclass(frozen=True, slots=True)
class DecoderShape:
    """Sizes of a decoder. Widths must be multiples of 16, the kernels' vector.

    `head_norm` says whether queries and keys are normed; `window` is how many positions a step sees, 0 for all.

    Raises: ConfigError naming the size that does not fit.
    """

    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    mlp: int
    rms_norm_eps: float = 1e-6
    rope_theta: float = 1e6
    head_norm: bool = True
    window: int = 0

    def __post_init__(self) -> None:
        for key in ("layers", "hidden", "heads", "kv_heads", "head_dim", "mlp"):
            if getattr(self, key) < 1:
                raise ConfigError(key, f"{getattr(self, key)} is not positive.")
        for key in ("hidden", "head_dim", "mlp"):
            if getattr(self, key) % VECTOR:
                raise ConfigError(key, f"{getattr(self, key)} is not a multiple of {VECTOR}.")
        if self.window < 0:
            raise ConfigError("window", f"{self.window} is negative.")
        if self.heads % self.kv_heads:
            raise ConfigError("heads", f"{self.heads} heads cannot share {self.kv_heads} key-value heads evenly.")

    def rotations(self, positions: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Cosine and sine of every position's rotary angles, in float32 throughout as the reference computes them.

        Shapes: [positions, D / 2] each
        """
        exponent = np.arange(0, self.head_dim, 2, dtype=np.float32) / np.float32(self.head_dim)
        inverse = np.float32(1) / np.power(np.float32(self.rope_theta), exponent, dtype=np.float32)
        angle = np.arange(positions, dtype=np.float32)[:, None] * inverse
        return np.cos(angle), np.sin(angle)


@dataclass(frozen=True, slots=True)
class LayerArrays:
    """One layer's weights, [out, in] as stored: float32, or bfloat16 viewed as uint16.

    Head norms are None where there are none; so are layer scales [H], factors of what attention and MLP add.
    """

    q: NDArray[Any]
    k: NDArray[Any]
    v: NDArray[Any]
    output: NDArray[Any]
    gate: NDArray[Any]
    up: NDArray[Any]
    down: NDArray[Any]
    input_norm: NDArray[Any]
    post_norm: NDArray[Any]
    q_norm: NDArray[Any] | None = None
    k_norm: NDArray[Any] | None = None
    attention_scale: NDArray[Any] | None = None
    mlp_scale: NDArray[Any] | None = None

    def check(self, shape: DecoderShape) -> None:
        """Raises: ConfigError naming the first array whose shape does not fit."""
        query, key = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
        head = (shape.head_dim,) if shape.head_norm else None
        expected: dict[str, tuple[int, ...] | None] = {
            "q": (query, shape.hidden),
            "k": (key, shape.hidden),
            "v": (key, shape.hidden),
            "output": (shape.hidden, query),
            "gate": (shape.mlp, shape.hidden),
            "up": (shape.mlp, shape.hidden),
            "down": (shape.hidden, shape.mlp),
            "input_norm": (shape.hidden,),
            "post_norm": (shape.hidden,),
            "q_norm": head,
            "k_norm": head,
        }
        for name in ("attention_scale", "mlp_scale"):
            expected[name] = None if getattr(self, name) is None else (shape.hidden,)
        for name, wanted in expected.items():
            array = getattr(self, name)
            if (found := None if array is None else array.shape) != wanted:
                raise ConfigError(name, f"The weights have the shape {found}, not {wanted}.")
