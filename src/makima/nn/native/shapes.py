"""The shape of a decoder, and one layer's weights as a checkpoint has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from makima.errors import ConfigError

VECTOR = 16


@dataclass(frozen=True, slots=True)
class DecoderShape:
    """Sizes of a Qwen3 decoder. Widths must be multiples of 16, the kernels' vector.

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

    def __post_init__(self) -> None:
        for key in ("layers", "hidden", "heads", "kv_heads", "head_dim", "mlp"):
            if getattr(self, key) < 1:
                raise ConfigError(key, f"{getattr(self, key)} is not positive.")
        for key in ("hidden", "head_dim", "mlp"):
            if getattr(self, key) % VECTOR:
                raise ConfigError(key, f"{getattr(self, key)} is not a multiple of {VECTOR}.")
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
    """One layer's weights, [out, in] as stored: float32, or bfloat16 viewed as uint16."""

    q: NDArray[Any]
    k: NDArray[Any]
    v: NDArray[Any]
    output: NDArray[Any]
    gate: NDArray[Any]
    up: NDArray[Any]
    down: NDArray[Any]
    input_norm: NDArray[Any]
    post_norm: NDArray[Any]
    q_norm: NDArray[Any]
    k_norm: NDArray[Any]

    @classmethod
    def from_checkpoint(cls, tensors: Mapping[str, NDArray[Any]], prefix: str) -> Self:
        """By the checkpoint's names below `prefix`, such as `talker.model.layers.0.`."""
        return cls(**{field.name: tensors[f"{prefix}{CHECKPOINT_NAMES[field.name]}.weight"] for field in fields(cls)})

    def check(self, shape: DecoderShape) -> None:
        """Raises: ConfigError naming the first array whose shape does not fit."""
        query, key = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
        expected = {
            "q": (query, shape.hidden),
            "k": (key, shape.hidden),
            "v": (key, shape.hidden),
            "output": (shape.hidden, query),
            "gate": (shape.mlp, shape.hidden),
            "up": (shape.mlp, shape.hidden),
            "down": (shape.hidden, shape.mlp),
            "input_norm": (shape.hidden,),
            "post_norm": (shape.hidden,),
            "q_norm": (shape.head_dim,),
            "k_norm": (shape.head_dim,),
        }
        for name, wanted in expected.items():
            if (found := getattr(self, name).shape) != wanted:
                raise ConfigError(CHECKPOINT_NAMES[name], f"The weights have the shape {found}, not {wanted}.")


CHECKPOINT_NAMES = {
    "q": "self_attn.q_proj",
    "k": "self_attn.k_proj",
    "v": "self_attn.v_proj",
    "output": "self_attn.o_proj",
    "gate": "mlp.gate_proj",
    "up": "mlp.up_proj",
    "down": "mlp.down_proj",
    "input_norm": "input_layernorm",
    "post_norm": "post_attention_layernorm",
    "q_norm": "self_attn.q_norm",
    "k_norm": "self_attn.k_norm",
}
