"""A stack of decoder layers over a cache: the part that costs nearly all the time of a language model's step."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from makima.nn.attention import rotary
from makima.nn.kv_cache import Cache, KVCache, RingCache
from makima.nn.layers import DecoderLayer, GatedMLP, RMSNorm, SelfAttention
from makima.nn.streaming import StreamingModule, per_row, place_of


@dataclass(frozen=True, slots=True)
class DecoderConfig:
    """Shape of a stack. `window` limits how far back a step sees; None is the whole past."""

    width: int
    inner: int
    layers: int
    heads: int
    kv_heads: int
    head_width: int
    rope_theta: float
    norm_eps: float
    head_norm: bool
    layer_scale: bool
    window: int | None


class DecoderStack(StreamingModule):
    """Decoder layers and a last norm. `step` is the single way through: a native implementation replaces it alone.

    Shapes: x [B, T, H] -> [B, T, H]
    """

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.config = config
        self.layers = nn.ModuleList(_layer(config) for _ in range(config.layers))
        self.norm = RMSNorm(config.width, config.norm_eps)

    def init_cache(self, slots: int, capacity: int) -> KVCache:
        """An empty cache of the whole past, for `capacity` steps a slot."""
        c = self.config
        return KVCache.empty(slots, c.layers, c.kv_heads, capacity, c.head_width, *place_of(self))

    def init_ring(self, slots: int) -> RingCache:
        """An empty cache of the window."""
        c = self.config
        assert c.window is not None, "a ring needs a window"
        return RingCache.empty(slots, c.layers, c.kv_heads, c.window, c.head_width, *place_of(self))

    def step(self, x: Tensor, cache: Cache, active: Tensor) -> Tensor:
        """Take the next T steps of each active row.

        Shapes: x [B, T, H], active [B] bool -> [B, T, H]
        """
        x = torch.where(per_row(active, x), x, 0)
        plan = cache.plan(x.shape[1], active)
        turn = rotary(plan.positions, self.config.head_width, self.config.rope_theta, x.dtype)
        for index, layer in enumerate(self.layers):
            x = layer(x, turn, plan, index)
        cache.advance(x.shape[1], active)
        out: Tensor = self.norm(x)
        return out

    def forward(self, x: Tensor, cache: Cache, active: Tensor) -> Tensor:
        return self.step(x, cache, active)


def _layer(c: DecoderConfig) -> DecoderLayer:
    attention = SelfAttention(c.width, c.heads, c.kv_heads, c.head_width, c.norm_eps if c.head_norm else None)
    norms = (RMSNorm(c.width, c.norm_eps), RMSNorm(c.width, c.norm_eps))
    return DecoderLayer(attention, GatedMLP(c.width, c.inner), norms, c.width if c.layer_scale else None)
