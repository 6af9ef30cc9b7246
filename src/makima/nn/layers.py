"""The transformer decoder layer in the forms that speech models use."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from makima.nn.attention import rotate
from makima.nn.kv_cache import Plan
from makima.nn.linear import Linear


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
