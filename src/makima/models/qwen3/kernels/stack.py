"""A decoder stack on the native kernels: the same weights, packed, with the same calls.

A step costs on a CPU what reading its weights costs, so they are kept in 8 or 4 bits; the cache and the hidden states
stay float32.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from makima.nn.kv_cache import KVCache, RingCache
from makima.nn.native.decoder import NativeDecoder
from makima.nn.native.threads import ThreadPool
from makima.nn.native.weights import DecoderWeights
from makima.nn.streaming import StreamingModule
from makima.nn.transformer import DecoderConfig

PREFILL_ROWS = 16
"""Positions of a prompt in one call: as many as the kernels compute with one reading of the weights."""

RING_POSITIONS = 1024
"""Steps of a stream with a window whose rotations are computed at first; twice as many when these are used up."""

MAX_CACHES = 64
"""Caches, and views of one of their slots, whose buffers are kept."""


class NativeStack(StreamingModule):
    """`DecoderStack` on the kernels. Only active rows are computed.

    With a window the cache is a ring that is longer than the window by the rows of a call: none of them overwrites what
    another still sees.

    Shapes: x [B, T, H] float32, active [B] bool -> [B, T, H]
    """

    def __init__(self, config: DecoderConfig, weights: DecoderWeights, pool: Callable[[], ThreadPool]) -> None:
        """`pool` tells which threads are to run the next step."""
        super().__init__()
        self.config = config
        self.weights = weights
        self._pool = pool
        self._decoders: dict[tuple[int, int, int, int, int], NativeDecoder] = {}

    def init_cache(self, slots: int, capacity: int) -> KVCache:
        """An empty cache of the whole past, for `capacity` steps a slot."""
        c = self.config
        device, dtype = torch.device("cpu"), torch.float32
        return KVCache.empty(slots, c.layers, c.kv_heads, capacity, c.head_width, device, dtype)

    def init_ring(self, slots: int) -> RingCache:
        """An empty cache of the window."""
        c = self.config
        assert c.window is not None, "a ring needs a window"
        places = c.window + max(PREFILL_ROWS, slots) - 1
        device, dtype = torch.device("cpu"), torch.float32
        return RingCache.empty(slots, c.layers, c.kv_heads, places, c.head_width, device, dtype)

    def step(self, x: Tensor, cache: KVCache | RingCache, active: Tensor) -> Tensor:
        """Take the next T steps of each active row; what comes out of the others is zero."""
        steps = x.shape[1]
        slots = active.nonzero()[:, 0].numpy()
        if not len(slots):
            return torch.zeros_like(x)
        decoder = self._decoder(cache, int(cache.position[active].max()) + steps)
        out = torch.zeros_like(x)
        # Position by position of all rows, then the next: rows that share a slot are listed in order.
        where = (cache.position[active].numpy()[:, None] + np.arange(steps)).reshape(-1)
        which = np.repeat(slots, steps)
        rows = x[active].reshape(-1, x.shape[-1]).numpy()
        made = np.empty_like(rows)
        for first in range(0, len(rows), decoder.max_rows):
            part = slice(first, first + decoder.max_rows)
            made[part] = decoder.step(rows[part], where[part], which[part])[0]
        out[active] = torch.from_numpy(made).view(len(slots), steps, -1)
        cache.advance(steps, active)
        return out

    def forward(self, x: Tensor, cache: KVCache | RingCache, active: Tensor) -> Tensor:
        return self.step(x, cache, active)

    def _decoder(self, cache: KVCache | RingCache, positions: int) -> NativeDecoder:
        """The kernels' buffers over this cache's own memory, for `positions` positions or more."""
        slots, places, pool = len(cache.keys), cache.keys.shape[3], self._pool()
        # The cache is borrowed: should it be gone, whatever has its place and its shape now can be stepped as well.
        key = cache.keys.data_ptr(), cache.values.data_ptr(), slots, places, pool.address
        found = self._decoders.get(key)
        if found is None or found.positions < positions:
            if len(self._decoders) >= MAX_CACHES:
                del self._decoders[next(iter(self._decoders))]
            self._decoders[key] = found = NativeDecoder(
                self.weights,
                slots=slots,
                positions=places if self.config.window is None else max(RING_POSITIONS, places, 2 * positions),
                # Views of a slot share the ring of all, whose length says how many rows a call may have.
                max_rows=max(PREFILL_ROWS, slots) if self.config.window is None else places - self.config.window + 1,
                cache=(cache.keys.numpy(), cache.values.numpy()),
                pool=pool,
                borrow=True,
            )
        return found
