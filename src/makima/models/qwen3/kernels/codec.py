"""The codec's decoder on the native kernels: its convolutions in one call, fused with all that lies between them.

A row's result depends neither on the other rows of a call nor on how many there are. So streamed audio equals the whole
bit by bit, for any chunks and in any company.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from makima.models.qwen3.codec.decoder import CodecDecoder, look_up
from makima.models.qwen3.kernels.linear import NativeLinear
from makima.models.qwen3.kernels.stack import NativeStack
from makima.nn.kv_cache import RingCache
from makima.nn.native.codec import NativeCodec, NativeStage
from makima.nn.native.threads import Lanes, ThreadPool
from makima.nn.streaming import State, StreamingModule
from makima.nn.transformer import DecoderStack

MAX_STEPS = 8
"""Frames in one call; longer inputs are taken in parts, in bounded memory."""

Floats = NDArray[np.float32]


@dataclass
class NativeCodecState(State):
    """All that a stream of frames leaves behind. `stack` shows the memory of `kernels`, from row `first` of it on.

    Shapes: history [B, taps - 1, code_width], stack [B, n] float32
    """

    history: Tensor
    pre_transformer: RingCache
    stack: Tensor
    kernels: tuple[NativeCodec, NativeCodec]  # on all cores, and on the codec's own
    first: int = 0

    def narrow(self, start: int, slots: int) -> NativeCodecState:
        return replace(super().narrow(start, slots), first=self.first + start)


class NativeCodecDecoder(StreamingModule):
    """`CodecDecoder` on the kernels. Only active rows are computed; what comes out of the others is zero.

    Shapes: codes [B, K, T] int64, active [B] bool -> audio [B, S] float32 in [-1, 1]
    """

    def __init__(
        self,
        decoder: CodecDecoder,
        stages: tuple[NativeStage, ...],
        transformer: DecoderStack | NativeStack,
        lanes: Lanes,
    ) -> None:
        super().__init__()
        quantizer, conv, around = decoder.quantizer, decoder.pre_conv.conv, decoder.pre_transformer
        self.first_codebooks, self.rest_codebooks = quantizer.first_codebooks, quantizer.rest_codebooks
        self.reach_frames = decoder.reach_frames
        self.transformer = transformer

        def pool() -> ThreadPool:
            return lanes.codec

        self._first_proj, self._rest_proj, self._into, self._out_of = (
            NativeLinear.of(part, pool)
            for part in (quantizer.first_proj, quantizer.rest_proj, around.input_proj, around.output_proj)
        )
        # One row of weights sees the steps of its kernel one after the other.
        self._pre_conv = NativeLinear.unrounded(conv.weight.transpose(1, 2).flatten(1), conv.bias, pool)
        self._taps, self._code_width = conv.kernel_size[0], conv.in_channels
        self._stages, self.lanes = stages, lanes

    def init_state(self, slots: int) -> NativeCodecState:
        together = NativeCodec(self._stages, slots=slots, max_steps=MAX_STEPS, pool=self.lanes.all)
        apart = NativeCodec(
            self._stages, slots=slots, max_steps=MAX_STEPS, pool=self.lanes.codec_alone, state=together.state
        )
        return NativeCodecState(
            torch.zeros(slots, self._taps - 1, self._code_width),
            self.transformer.init_ring(slots),
            torch.from_numpy(together.state),
            (together, apart),
        )

    def forward(self, codes: Tensor, state: NativeCodecState, active: Tensor) -> Tensor:
        return self._to_audio(self._to_latent(codes, state, active), state, active)

    def prime(self, codes: Tensor, state: NativeCodecState, active: Tensor) -> None:
        """Leave `state` as it is after decoding `codes`, without making the audio of all of it.

        Shapes: codes [B, K, T] int64
        """
        self._to_audio(self._to_latent(codes, state, active)[:, -self.reach_frames :], state, active)

    def pass_over(self, codes: Tensor, state: NativeCodecState, active: Tensor) -> None:
        """The same for codes that are followed by `reach_frames` more before any audio is wanted: they make none.

        Shapes: codes [B, K, T] int64
        """
        self._to_latent(codes, state, active)

    def help(self, state: NativeCodecState) -> bool:
        """Take part in what another thread decodes with `state`, up to its end. Whether there was anything to do."""
        return state.kernels[True].help()

    def _to_latent(self, codes: Tensor, state: NativeCodecState, active: Tensor) -> Floats:
        """Shapes: codes [B, K, T] -> [B active, T, latent]"""
        rows = active.nonzero()[:, 0]
        hidden = self._dequantized(codes[rows])
        seen = torch.cat((state.history[rows], hidden), dim=1)
        state.history[rows] = seen[:, seen.shape[1] - self._taps + 1 :]
        count, steps = hidden.shape[:2]
        windows = seen.unfold(1, self._taps, 1).transpose(2, 3).reshape(count, steps, -1)
        latent = self._into(self._pre_conv(windows))
        laid_out = torch.zeros(len(active), steps, latent.shape[-1])
        laid_out[rows] = latent
        stepped: Tensor = self.transformer.step(laid_out, state.pre_transformer, active)[rows]
        latent = self._out_of(stepped)
        made: Floats = latent.numpy()
        return made

    def _dequantized(self, codes: Tensor) -> Tensor:
        """Shapes: codes [B, K, T] -> [B, T, code_width]"""
        split = self.first_codebooks.shape[0]
        first = self._first_proj(look_up(self.first_codebooks, codes[:, :split]))
        summed: Tensor = first + self._rest_proj(look_up(self.rest_codebooks, codes[:, split:]))
        return summed

    def _to_audio(self, latent: Floats, state: NativeCodecState, active: Tensor) -> Tensor:
        slots = active.nonzero()[:, 0].numpy() + state.first
        decoded = state.kernels[self.lanes.apart].run(latent, slots)
        audio = torch.zeros(len(active), decoded.shape[1])
        audio[active] = torch.from_numpy(decoded)
        return audio
