"""Keys and values of past steps, in preallocated buffers: the whole past, or a ring of the last few steps."""

from __future__ import annotations

import math
import mmap
from dataclasses import dataclass
from typing import Protocol, Self

import torch
from torch import Tensor
from torch.nn import functional

from makima.nn.streaming import State


class Plan(Protocol):
    """What all layers of one call share, worked out once.

    Shapes: positions [B, T] int64, the absolute position of each new step
    """

    positions: Tensor

    def attend(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Store `k` and `v`, and attend from `q` over all that is visible.

        Shapes: q [B, N, T, D], k and v [B, N_kv, T, D] -> [B, N, T, D]
        """


class Cache(Protocol):
    """A state that keys and values go into."""

    def plan(self, steps: int, active: Tensor) -> Plan:
        """Count `steps` new steps of the active rows, and give what their layers share."""


@dataclass
class _Past(State):
    """Keys and values of past steps, and how many steps each slot has taken."""

    keys: Tensor
    values: Tensor
    position: Tensor
    span: int = 0

    @classmethod
    def empty(
        cls, slots: int, layers: int, heads: int, places: int, width: int, device: torch.device, dtype: torch.dtype
    ) -> Self:
        """Fresh slots, each with room for `places` steps."""
        shape = (slots, layers, heads, places, width)
        keys, values = (_zeros(shape, device, dtype) for _ in range(2))
        return cls(keys, values, torch.zeros(slots, dtype=torch.int64, device=device))

    def advance(self, steps: int, active: Tensor) -> None:
        """Count new steps of the active rows."""
        self.position += active * steps
        self.span += steps


def _zeros(shape: tuple[int, ...], device: torch.device, dtype: torch.dtype) -> Tensor:
    """Zeros; on a CPU they take memory only where something is written: most places of most slots are never reached."""
    if device.type != "cpu":
        return torch.zeros(shape, device=device, dtype=dtype)
    # Pages of the system's usual size: NumPy would ask for huge ones, and a few steps would fill them all.
    size_bytes = max(1, math.prod(shape) * dtype.itemsize)
    try:
        pages = mmap.mmap(-1, size_bytes, access=mmap.ACCESS_COPY)
    except OSError as exc:
        raise MemoryError(f"There is no memory for a cache of {size_bytes >> 20} MiB.") from exc
    return torch.frombuffer(pages, dtype=dtype, count=math.prod(shape)).view(shape)


@dataclass
class KVCache(_Past):
    """The whole past of each slot, up to a fixed capacity.

    Rows that are not active write too, but only at and after their own position, where nothing reads before it is
    overwritten: one index serves all rows and nothing is masked in the inner loop.

    `span` bounds every row's position from above. It is known to the host, so that a step looks at no more of the
    buffers than it must. It grows with every step, whichever rows take it; the owner of the slots knows their lengths,
    keeps them within the capacity, and may set `span` to the longest.

    Shapes: keys, values [B, L, N_kv, C, D]; position [B] int64
    """

    @property
    def capacity(self) -> int:
        """How many steps a slot can hold."""
        return self.keys.shape[3]

    def clear(self, mask: Tensor) -> None:
        """Clear what was in use, as a NaN left behind would come through the attention mask: 0 times NaN is NaN."""
        for buffer in (self.keys, self.values):
            used = buffer[:, :, :, : self.span]
            used.masked_fill_(mask[:, None, None, None, None], 0)
        self.position.masked_fill_(mask, 0)

    def plan(self, steps: int, active: Tensor) -> Plan:
        device = self.position.device
        positions = self.position[:, None] + torch.arange(steps, device=device)
        seen = torch.arange(min(self.span + steps, self.capacity), device=device)
        self.advance(steps, active)
        return _FullPlan(self, positions, seen <= positions[..., None], positions.clamp(max=self.capacity - 1))

    def advance(self, steps: int, active: Tensor) -> None:
        self.position += active * steps
        self.span = min(self.span + steps, self.capacity)


@dataclass
class _FullPlan:
    cache: KVCache
    positions: Tensor
    visible: Tensor  # [B, T, S] bool
    index: Tensor  # [B, T]

    def attend(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        keys, values = self.cache.keys[:, layer], self.cache.values[:, layer]
        index = self.index[:, None, :, None].expand_as(k)
        keys.scatter_(2, index, k)
        values.scatter_(2, index, v)
        seen = self.visible.shape[-1]
        return attend(q, keys[:, :, :seen], values[:, :, :seen], self.visible)


@dataclass
class RingCache(_Past):
    """The last W steps of each slot; step p lies at p modulo W.

    `span` bounds every row's position from above, as in `KVCache`: places that no row has reached are not looked at.

    Shapes: keys, values [B, L, N_kv, W, D]; position [B] int64
    """

    def plan(self, steps: int, active: Tensor) -> Plan:
        """A query sees itself and the W - 1 steps before it."""
        window, device = self.keys.shape[3], self.position.device
        last = self.position[:, None] - 1
        place = torch.arange(min(window, self.span), device=device)
        positions = self.position[:, None] + torch.arange(steps, device=device)
        held = last - (last - place) % window  # [B, R]: which step each place of the ring holds; below 0 for none
        source = torch.cat((held, positions), dim=1)[:, None]  # [B, 1, R + T]
        age = positions[..., None] - source
        self.advance(steps, active)
        return _RingPlan(self, positions, (source >= 0) & (age >= 0) & (age < window), active)


@dataclass
class _RingPlan:
    cache: RingCache
    positions: Tensor
    visible: Tensor  # [B, T, R + T] bool
    active: Tensor

    def attend(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        keys, values = self.cache.keys[:, layer], self.cache.values[:, layer]
        held = self.visible.shape[-1] - k.shape[2]
        seen_keys, seen_values = torch.cat((keys[:, :, :held], k), 2), torch.cat((values[:, :, :held], v), 2)
        context = attend(q, seen_keys, seen_values, self.visible)
        self._store(keys, k)
        self._store(values, v)
        return context

    def _store(self, ring: Tensor, new: Tensor) -> None:
        window = ring.shape[2]
        new, positions = new[:, :, -window:], self.positions[:, -window:]
        index = (positions % window)[:, None, :, None].expand_as(new)
        ring.scatter_(2, index, torch.where(self.active[:, None, None, None], new, ring.gather(2, index)))


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
