"""The talker: the language model that takes text and the frames so far, and chooses code 0 of each frame."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from makima.models.qwen3.config import TalkerConfig
from makima.nn.kv_cache import KVCache
from makima.nn.streaming import StreamingModule
from makima.nn.transformer import DecoderStack, Linear


class TextProjection(nn.Module):
    """Text embeddings to the talker's width. Shapes: x [..., text_width] -> [..., H]"""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear_fc1 = Linear(inputs, inputs, bias=True)
        self.linear_fc2 = Linear(inputs, outputs, bias=True)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.linear_fc2(functional.silu(self.linear_fc1(x)))
        return out


class Talker(StreamingModule):
    """Advance by steps of embedded input; read logits of code 0 from the last hidden state.

    Three position ids a step (M-RoPE) are all equal where there is nothing but speech, which makes them plain RoPE.
    The text embedding stays on the CPU in the file's own dtype: a few of its rows are read for each text.

    Shapes: x [B, T, H], active [B] bool -> hidden [B, T, H]
    Source: the official talker, which it equals; checked by tests/models/qwen3/test_model.py
    """

    def __init__(self, config: TalkerConfig) -> None:
        super().__init__()
        width = config.stack.width
        self.config = config
        self.model = DecoderStack(config.stack)
        self.text_embedding = nn.Parameter(torch.empty(config.text_vocab, config.text_width), requires_grad=False)
        self.text_projection = TextProjection(config.text_width, width)
        self.codec_embedding = nn.Parameter(torch.empty(config.vocab, width), requires_grad=False)
        self.codec_head = Linear(width, config.vocab)

    def init_state(self, slots: int, capacity: int | None = None) -> KVCache:
        """An empty cache for `capacity` steps a slot, by default as many as the checkpoint allows."""
        return self.model.init_cache(slots, capacity or self.config.max_positions)

    def forward(self, x: Tensor, cache: KVCache, active: Tensor) -> Tensor:
        return self.model.step(x, cache, active)

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores of code 0. Shapes: hidden [..., H] -> [..., V] float32"""
        scores: Tensor = self.codec_head(hidden)
        return scores.float()

    def embed_text(self, ids: list[int]) -> Tensor:
        """Embed text tokens. Shapes: -> [len(ids), H]"""
        rows = functional.embedding(torch.tensor(ids, dtype=torch.int64), self.text_embedding)
        weight = self.codec_embedding
        out: Tensor = self.text_projection(rows.to(weight.device, weight.dtype))
        return out

    def embed_codes(self, ids: Tensor) -> Tensor:
        """Embed ids of the codec vocabulary. Shapes: ids [...] int64 -> [..., H]"""
        return functional.embedding(ids, self.codec_embedding)
