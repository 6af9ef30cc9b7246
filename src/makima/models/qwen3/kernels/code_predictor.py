"""The code predictor on the native kernels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from makima.models.qwen3.sampling import Draw
from makima.nn.kv_cache import KVCache
from makima.nn.native.predictor import NativePredictor, PredictorWeights, RowSampling
from makima.nn.native.threads import ThreadPool


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
            hidden[active].numpy(), first[active].numpy(), _samplings(draw, active), _noise(draw, active)
        )
        codes[active] = torch.from_numpy(made).long()
        total[active] = torch.from_numpy(summed)
        return codes, total

    def embed_codes(self, codes: Tensor) -> Tensor:
        """Summed embeddings of codes 1 to K - 1. Shapes: codes [T, K - 1] int64 -> [T, H]"""
        book = torch.arange(self.rest)
        return self.embeddings[book, codes].float().sum(1)


def _noise(draw: Draw, active: Tensor) -> NDArray[np.float32] | None:
    """That of all codebooks but the first, which is the talker's."""
    return None if draw.policy.depth == 0 else draw.noise[active, 1:].numpy()


def _samplings(draw: Draw, active: Tensor) -> list[RowSampling]:
    policy = draw.policy
    rows = zip(
        policy.sample[active], policy.temperature[active], policy.top_k[active], policy.top_p[active], strict=True
    )
    return [
        RowSampling(float(temperature) if bool(sample) else 0.0, int(top_k), float(top_p))
        for sample, temperature, top_k, top_p in rows
    ]
