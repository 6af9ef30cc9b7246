"""The language models on the native kernels: the same weights, packed, behind the same calls.

What a step costs on a CPU is the reading of its weights, so they are kept in 8 or 4 bits; everything else, the cache
and what flows through the layers, stays float32.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from makima.models.qwen3.kernels.packed_layers import array_of
from makima.models.qwen3.sampling import Draw, noise_of
from makima.nn.decoder import DecoderConfig
from makima.nn.kv_cache import KVCache, RingCache
from makima.nn.linear import Linear
from makima.nn.native import (
    DecoderShape,
    DecoderWeights,
    NativeDecoder,
    NativePredictor,
    PredictorWeights,
    QuantizedMatrix,
    RowSampling,
    ThreadPool,
)
from makima.nn.streaming import StreamingModule

PREFILL_ROWS = 16
"""Positions of a prompt in one call: as many as the kernels share one reading of the weights among."""

RING_POSITIONS = 1024
"""Steps of a stream with a window whose rotations are worked out at first; twice as many once that is too few."""

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
        """The kernels' buffers over this cache's own memory, for so many positions or more."""
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


class NativeLinear(nn.Module):
    """`Linear` on the kernels. A row's result hangs on that row alone; rows of zeros, as of idle slots, cost nothing.

    In PyTorch the talker's one head took threads of another pool, which then spin for milliseconds, in the way of ours.

    Shapes: bias [out]; x [..., in] float32 -> [..., out]
    """

    def __init__(self, matrix: QuantizedMatrix, pool: Callable[[], ThreadPool], bias: Tensor | None = None) -> None:
        """`pool` tells which threads are to run the next product."""
        super().__init__()
        self._matrix, self._pool, self._bias = matrix, pool, bias

    @classmethod
    def unrounded(cls, weight: Tensor, bias: Tensor | None, pool: Callable[[], ThreadPool]) -> NativeLinear:
        """The map with its weights as they are. Shapes: weight [out, in]"""
        packed = QuantizedMatrix.pack(array_of(weight.float()), "float32")
        return cls(packed, pool, None if bias is None else bias.detach().float())

    @classmethod
    def of(cls, linear: Linear, pool: Callable[[], ThreadPool]) -> NativeLinear:
        """The same map as `linear`."""
        return cls.unrounded(linear.weight, linear.bias, pool)

    def forward(self, x: Tensor) -> Tensor:
        rows = x.reshape(-1, x.shape[-1])
        out = torch.zeros(len(rows), self._matrix.rows)
        heard = rows.any(-1)
        out[heard] = torch.from_numpy(self._matrix.product(rows[heard].numpy(), pool=self._pool()))
        if self._bias is not None:
            out += self._bias
        return out.view(*x.shape[:-1], -1)


class NativeCodePredictor(nn.Module):
    """`CodePredictor` on the kernels: all codes of a frame in one call.

    Shapes: hidden, first [B, H] -> codes [B, K - 1] int64, their summed embeddings [B, H]
    """

    def __init__(self, weights: PredictorWeights, embeddings: Tensor, pool: Callable[[], ThreadPool]) -> None:
        """`pool` tells which threads are to make the next frame."""
        super().__init__()
        self.rest, self.vocab = len(weights.heads), weights.vocabulary
        self.embeddings = embeddings
        self._weights = weights
        self._pool = pool
        self._rows = 0
        self._predictors: dict[int, NativePredictor] = {}

    def init_state(self, slots: int) -> KVCache:
        """Nothing outlives a frame, and the kernels keep what does not outlive it."""
        if slots > self._rows:
            self._rows = slots
            self._predictors.clear()
        return KVCache.empty(slots, 1, 1, 1, 1, torch.device("cpu"), torch.float32)

    def forward(
        self, hidden: Tensor, first: Tensor, cache: KVCache, active: Tensor, draw: Draw
    ) -> tuple[Tensor, Tensor]:
        pool = self._pool()
        if pool.address not in self._predictors:
            self._predictors[pool.address] = NativePredictor(self._weights, rows=self._rows, pool=pool)
        codes = torch.zeros(len(hidden), self.rest, dtype=torch.int64)
        total = torch.zeros_like(first)
        made, summed = self._predictors[pool.address].frame(
            hidden[active].numpy(), first[active].numpy(), _samplings(draw, active), self._noise(draw, active)
        )
        codes[active] = torch.from_numpy(made).long()
        total[active] = torch.from_numpy(summed)
        return codes, total

    def embed_codes(self, codes: Tensor) -> Tensor:
        """Summed embeddings of codes 1 to K - 1. Shapes: codes [T, K - 1] int64 -> [T, H]"""
        book = torch.arange(self.rest)
        return self.embeddings[book, codes].float().sum(1)

    def _noise(self, draw: Draw, active: Tensor) -> NDArray[np.float32] | None:
        if draw.policy.depth == 0:
            return None
        seed, frame = draw.seed[active], draw.frame[active]
        return torch.stack([noise_of(seed, frame, book) for book in range(1, self.rest + 1)], dim=1).numpy()


def _samplings(draw: Draw, active: Tensor) -> list[RowSampling]:
    policy = draw.policy
    rows = zip(
        policy.sample[active], policy.temperature[active], policy.top_k[active], policy.top_p[active], strict=True
    )
    return [
        RowSampling(float(temperature) if bool(sample) else 0.0, int(top_k), float(top_p))
        for sample, temperature, top_k, top_p in rows
    ]


def shape_of(config: DecoderConfig) -> DecoderShape:
    """A stack's sizes, as the kernels take them."""
    return DecoderShape(
        config.layers,
        config.width,
        config.heads,
        config.kv_heads,
        config.head_width,
        config.inner,
        config.norm_eps,
        config.rope_theta,
        config.head_norm,
        config.window or 0,
    )
