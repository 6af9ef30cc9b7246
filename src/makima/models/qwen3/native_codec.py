"""The codec's decoder on the native kernels: its convolutions in one call, fused with all that lies between them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from makima.models.qwen3.codec_decoder import CodecDecoder
from makima.models.qwen3.native import NativeStack
from makima.nn.conv import ConvState
from makima.nn.decoder import DecoderStack
from makima.nn.kv_cache import RingCache
from makima.nn.native import NativeCodec, NativeStage
from makima.nn.streaming import State, StreamingModule

MAX_STEPS = 8
"""Frames in one call; longer inputs are taken in parts, in bounded memory."""


@dataclass
class NativeCodecState(State):
    """All that a stream of frames leaves behind. `kernels` holds the memory that `stack` shows, row `slots[b]` of it.

    Shapes: stack [B, n] float32; slots [B] int64
    """

    pre_conv: ConvState
    pre_transformer: RingCache
    stack: Tensor
    slots: Tensor
    kernels: NativeCodec

    def reset(self, mask: Tensor) -> None:
        for part in (self.pre_conv, self.pre_transformer):
            part.reset(mask)
        self.stack.masked_fill_(mask[:, None], 0)


class NativeCodecDecoder(StreamingModule):
    """`CodecDecoder` on the kernels. Only active rows are computed; what comes out of the others is zero.

    Shapes: codes [B, K, T] int64, active [B] bool -> audio [B, S] float32 in [-1, 1]
    """

    def __init__(
        self, decoder: CodecDecoder, stages: tuple[NativeStage, ...], transformer: DecoderStack | NativeStack
    ) -> None:
        super().__init__()
        self.quantizer, self.pre_conv = decoder.quantizer, decoder.pre_conv
        self.input_proj, self.output_proj = decoder.pre_transformer.input_proj, decoder.pre_transformer.output_proj
        self.reach_frames = decoder.reach_frames
        self.transformer = transformer
        self._stages = stages

    def init_state(self, slots: int) -> NativeCodecState:
        kernels = NativeCodec(self._stages, slots=slots, max_steps=MAX_STEPS)
        return NativeCodecState(
            self.pre_conv.init_state(slots),
            self.transformer.init_ring(slots),
            torch.from_numpy(kernels.state),
            torch.arange(slots),
            kernels,
        )

    def forward(self, codes: Tensor, state: NativeCodecState, active: Tensor) -> Tensor:
        return self._to_audio(self._to_latent(codes, state, active), state, active)

    def prime(self, codes: Tensor, state: NativeCodecState, active: Tensor) -> None:
        """Leave `state` as it is after decoding `codes`, without making the audio of all of it.

        Shapes: codes [B, K, T] int64
        """
        self._to_audio(self._to_latent(codes, state, active)[:, -self.reach_frames :], state, active)

    def _to_latent(self, codes: Tensor, state: NativeCodecState, active: Tensor) -> Tensor:
        """Shapes: codes [B, K, T] -> [B active, T, latent]"""
        rows = active.nonzero()[:, 0]
        every = torch.ones(len(rows), dtype=torch.bool)
        history = ConvState(state.pre_conv.history[rows])
        hidden = self.pre_conv(self.quantizer(codes[rows]), history, every)
        state.pre_conv.history[rows] = history.history
        latent: Tensor = self.input_proj(hidden.transpose(1, 2))
        laid_out = latent.new_zeros(len(active), *latent.shape[1:])
        laid_out[rows] = latent
        out: Tensor = self.output_proj(self.transformer.step(laid_out, state.pre_transformer, active)[rows])
        return out

    def _to_audio(self, latent: Tensor, state: NativeCodecState, active: Tensor) -> Tensor:
        heard = state.kernels.run(latent.numpy(), state.slots[active].numpy())
        audio = torch.zeros(len(active), heard.shape[1])
        audio[active] = torch.from_numpy(heard)
        return audio
