"""One utterance's codes to audio, piece by piece, without a seam."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from makima.models.qwen3.arrays import as_tensor
from makima.models.qwen3.codec.decoder import CodecDecoder


class DecoderStream:
    """Audio of frames as they come. What was pushed in however many pieces sounds as if it had come in one.

    `context`, a voice's reference codes, is taken as having been played before: the state is primed with it, and
    nothing of it is heard.

    Shapes: context [B = 1, K, R] int64
    """

    def __init__(self, decoder: CodecDecoder, context: Tensor | None = None) -> None:
        self._decoder = decoder
        self._state = decoder.init_state(1)
        self._active = torch.ones(1, dtype=torch.bool, device=self._state.pre_transformer.position.device)
        if context is not None and context.shape[-1] > 0:
            decoder.prime(context, self._state, self._active)

    def push(self, codes: Any) -> Tensor:
        """Decode the next frames, any number from one on.

        Shapes: codes [t, K] int64 -> audio [t * 1920] float32 in [-1, 1], at the released frame length
        """
        codes = as_tensor(codes, torch.int64, self._active.device)
        return self._decoder(codes.T[None], self._state, self._active)[0]  # type: ignore[no-any-return]
