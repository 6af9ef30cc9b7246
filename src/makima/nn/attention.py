"""Rotary positions and scaled dot-product attention, for rows that stand at different positions."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


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


def attend(q: Tensor, k: Tensor, v: Tensor, visible: Tensor) -> Tensor:
    """Attention where `visible` allows it. Query heads that share a key head are laid end to end as more queries.

    Shapes: q [B, N, T, D], k and v [B, N_kv, S, D], visible [B, T, S] bool -> [B, N, T, D]
    """
    slots, heads, steps, width = q.shape
    shared = heads // k.shape[1]
    queries = q.reshape(slots, k.shape[1], shared * steps, width)
    mask = visible[:, None].expand(slots, shared, steps, -1).reshape(slots, 1, shared * steps, -1)
    context = functional.scaled_dot_product_attention(queries, k, v, attn_mask=mask)
    return context.reshape(slots, heads, steps, width)
