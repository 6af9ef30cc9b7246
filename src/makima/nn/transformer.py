"""The transformer decoder: linear maps, norms, attention and layers as speech models use them, and their stack.

All of it is in one module, as one step passes through all of it: a reader follows it from top to bottom, and the next
idea, which keys and values are seen, is in `kv_cache`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from makima.nn.kv_cache import Cache, KVCache, Plan, RingCache
from makima.nn.streaming import StreamingModule, place_of


def rotary(positions: Tensor, width: int, theta: float, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Factors that turn a head by its position: pass both to `rotate`.

    Shapes: positions [B, T] int64 -> cos, sin [B, 1, T, D]; the sine's first half comes negated
    Source: RoFormer, arXiv 2104.09864, in the half-split order of Llama
    """
    exponents = torch.arange(0, width, 2, dtype=torch.int64, device=positions.device).float() / width
    angles = positions[..., None].float() * (1.0 / theta**exponents)
    cos, sin = angles.cos(), angles.sin()
    return torch.cat((cos, cos), -1)[:, None].to(dtype), torch.cat((-sin, sin), -1)[:, None].to(dtype)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn each head of `x` [B, N, T, D] by the factors of `rotary`."""
    return x * cos + x.roll(x.shape[-1] // 2, -1) * sin


class Linear(nn.Module):
    """y = x W^T + b: several maps of one input in one weight where `outputs` names more than one width.

    Always called as a module, so that packed and quantized forms can replace it.

    Shapes: x [..., in] -> [..., sum(outputs)]
    """

    def __init__(self, inputs: int, *outputs: int, bias: bool = False) -> None:
        super().__init__()
        self.outputs = outputs
        self.weight = nn.Parameter(torch.empty(sum(outputs), inputs), requires_grad=False)
        self.bias = nn.Parameter(torch.empty(sum(outputs)), requires_grad=False) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.weight, self.bias)


def replace_linears(module: nn.Module, make: Callable[[Linear], nn.Module]) -> None:
    """Replace every `Linear` below `module` by `make(linear)`, one by one; the memory of each is freed at once."""
    for name, child in list(module.named_children()):
        if isinstance(child, Linear):
            setattr(module, name, make(child))
        else:
            replace_linears(child, make)


class RMSNorm(nn.Module):
    """Scale to unit root mean square over the last axis. Source: arXiv 1910.07467"""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.empty(width), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        return functional.rms_norm(x, self.weight.shape, self.weight, self.eps)


class LayerNorm(nn.Module):
    """Zero mean and unit variance over the last axis, with weight and bias."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.empty(width), requires_grad=False)
        self.bias = nn.Parameter(torch.empty(width), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        return functional.layer_norm(x, self.weight.shape, self.weight, self.bias, self.eps)


class GatedMLP(nn.Module):
    """down(silu(gate x) * up x), with gate and up in one weight. Source: arXiv 2002.05202"""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.gate_up = Linear(width, inner, inner)
        self.down_proj = Linear(inner, width)

    def forward(self, x: Tensor) -> Tensor:
        gate, up = self.gate_up(x).chunk(2, -1)
        # In one run of memory the library rounds all of it alike, as it does the official layers' gate.
        gate = gate.contiguous()
        down: Tensor = self.down_proj(functional.silu(gate) * up)
        return down


class PlainMLP(nn.Module):
    """fc2(gelu(fc1 x)), without biases unless asked for."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.fc1 = Linear(width, inner)
        self.fc2 = Linear(inner, width)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.fc2(functional.gelu(self.fc1(x)))
        return out


class SelfAttention(nn.Module):
    """Causal self-attention with rotary positions and grouped key heads; `norm_eps` adds a norm of each head.

    Shapes: x [B, T, H] -> [B, T, H]
    """

    def __init__(self, width: int, heads: int, kv_heads: int, head_width: int, norm_eps: float | None) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.head_width = heads, kv_heads, head_width
        self.qkv = Linear(width, heads * head_width, kv_heads * head_width, kv_heads * head_width)
        self.o_proj = Linear(heads * head_width, width)
        self.q_norm = None if norm_eps is None else RMSNorm(head_width, norm_eps)
        self.k_norm = None if norm_eps is None else RMSNorm(head_width, norm_eps)

    def forward(self, x: Tensor, turn: tuple[Tensor, Tensor], plan: Plan, layer: int) -> Tensor:
        slots, steps, _ = x.shape
        qkv = self.qkv(x).view(slots, steps, -1, self.head_width)
        q, k, v = qkv.split((self.heads, self.kv_heads, self.kv_heads), dim=2)
        if self.q_norm is not None and self.k_norm is not None:
            q, k = self.q_norm(q), self.k_norm(k)
        q, k, v = q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)
        context = plan.attend(layer, rotate(q, *turn), rotate(k, *turn), v)
        out: Tensor = self.o_proj(context.transpose(1, 2).reshape(slots, steps, -1))
        return out


class LayerScale(nn.Module):
    """A learnt factor for each channel of a branch. Source: arXiv 2103.17239"""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.empty(width), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale


class DecoderLayer(nn.Module):
    """Attention, then MLP, each normed before and added after. Shapes: x [B, T, H] -> [B, T, H]"""

    def __init__(
        self, attention: SelfAttention, mlp: nn.Module, norms: tuple[nn.Module, nn.Module], scale: int | None = None
    ) -> None:
        super().__init__()
        self.self_attn = attention
        self.mlp = mlp
        self.input_layernorm, self.post_attention_layernorm = norms
        self.self_attn_layer_scale = nn.Identity() if scale is None else LayerScale(scale)
        self.mlp_layer_scale = nn.Identity() if scale is None else LayerScale(scale)

    def forward(self, x: Tensor, turn: tuple[Tensor, Tensor], plan: Plan, layer: int) -> Tensor:
        x = x + self.self_attn_layer_scale(self.self_attn(self.input_layernorm(x), turn, plan, layer))
        out: Tensor = x + self.mlp_layer_scale(self.mlp(self.post_attention_layernorm(x)))
        return out


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
        x = torch.where(active[:, None, None], x, 0)
        plan = cache.plan(x.shape[1], active)
        turn = rotary(plan.positions, self.config.head_width, self.config.rope_theta, x.dtype)
        for index, layer in enumerate(self.layers):
            x = layer(x, turn, plan, index)
        out: Tensor = self.norm(x)
        return out

    def forward(self, x: Tensor, cache: Cache, active: Tensor) -> Tensor:
        return self.step(x, cache, active)


def _layer(c: DecoderConfig) -> DecoderLayer:
    attention = SelfAttention(c.width, c.heads, c.kv_heads, c.head_width, c.norm_eps if c.head_norm else None)
    norms = (RMSNorm(c.width, c.norm_eps), RMSNorm(c.width, c.norm_eps))
    return DecoderLayer(attention, GatedMLP(c.width, c.inner), norms, c.width if c.layer_scale else None)
