"""The code predictor: within a frame, from the talker's hidden state and code 0 to all the other codes."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from makima.models.qwen3.config import PredictorConfig
from makima.models.qwen3.sampling import Draw
from makima.nn.kv_cache import KVCache
from makima.nn.transformer import DecoderStack, Linear


class CodePredictor(nn.Module):
    """Predict codes 1 to K - 1 of a frame, a step for each; nothing outlives the frame.

    Shapes: hidden, first [B, H] -> codes [B, K - 1] int64, their summed embeddings [B, H]
    Source: the official code predictor, which it equals; checked by tests/models/qwen3/test_model.py
    """

    def __init__(self, config: PredictorConfig, codebooks: int, talker_width: int) -> None:
        super().__init__()
        self.rest, self.vocab = codebooks - 1, config.vocab
        width = config.stack.width
        self.model = DecoderStack(config.stack)
        self.embeddings = nn.Parameter(torch.empty(self.rest, config.vocab, talker_width), requires_grad=False)
        self.heads: Tensor | nn.ModuleList = nn.Parameter(
            torch.empty(self.rest, config.vocab, width), requires_grad=False
        )
        same = talker_width == width
        self.projection: nn.Module = nn.Identity() if same else Linear(talker_width, width, bias=True)

    def init_state(self, slots: int) -> KVCache:
        """Room for one frame: the talker's hidden state and all codes but the last."""
        return self.model.init_cache(slots, self.rest + 1)

    def forward(
        self, hidden: Tensor, first: Tensor, cache: KVCache, active: Tensor, draw: Draw
    ) -> tuple[Tensor, Tensor]:
        cache.position.zero_()
        cache.span = 0
        x = torch.stack((hidden, first), dim=1)
        total = torch.zeros_like(first)
        codes = []
        for index in range(self.rest):
            last = self.model.step(self.projection(x), cache, active)[:, -1]
            code = draw(self._scores(last, index), index + 1)
            embedded = functional.embedding(code, self.embeddings[index])
            total = total + embedded
            codes.append(code)
            x = embedded[:, None]
        return torch.stack(codes, dim=1), total

    def _scores(self, hidden: Tensor, index: int) -> Tensor:
        """Shapes: hidden [B, H] -> [B, V] float32"""
        head = self.heads[index]
        scores: Tensor = head(hidden) if isinstance(head, nn.Module) else functional.linear(hidden, head)
        return scores.float()

    def embed_codes(self, codes: Tensor) -> Tensor:
        """Summed embeddings of codes 1 to K - 1. Shapes: codes [T, K - 1] int64 -> [T, H]"""
        book = torch.arange(self.rest, device=codes.device)
        return self.embeddings[book, codes].sum(1)
