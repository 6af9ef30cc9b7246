"""The codec's decoder: one frame of codes to 80 ms of audio, exactly, frame by frame."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from makima.models.qwen3.arrays import as_tensor
from makima.models.qwen3.codec.blocks import Chain, ChainState, ConvNeXt, SnakeBeta, UpsampleBlock
from makima.models.qwen3.codec.config import CodecDecoderConfig
from makima.nn.conv import CausalConv1d, CausalConvTranspose1d, ConvState
from makima.nn.kv_cache import RingCache
from makima.nn.packed import PackedLinear
from makima.nn.streaming import State, StreamingModule
from makima.nn.transformer import DecoderConfig, DecoderStack, Linear, replace_linears


class Dequantizer(nn.Module):
    """Sum the vectors that a frame's codes stand for, the first codebooks and the rest through a projection each.

    Shapes: codes [B, K, T] int64 -> [B, code_width, T]
    """

    def __init__(self, config: CodecDecoderConfig) -> None:
        super().__init__()
        inner = config.code_width // 2
        first, rest = config.semantic, config.quantizers - config.semantic
        self.first_codebooks = nn.Parameter(torch.empty(first, config.codes, inner), requires_grad=False)
        self.rest_codebooks = nn.Parameter(torch.empty(rest, config.codes, inner), requires_grad=False)
        self.first_proj = Linear(inner, config.code_width)
        self.rest_proj = Linear(inner, config.code_width)

    def forward(self, codes: Tensor) -> Tensor:
        split = self.first_codebooks.shape[0]
        first = look_up(self.first_codebooks, codes[:, :split])
        rest = look_up(self.rest_codebooks, codes[:, split:])
        return _project(first, self.first_proj.weight) + _project(rest, self.rest_proj.weight)


def look_up(codebooks: Tensor, codes: Tensor) -> Tensor:
    """Sum of each code's vector, one after another. Shapes: codebooks [K, V, W], codes [B, K, T] -> [B, T, W]"""
    total = functional.embedding(codes[:, 0], codebooks[0])
    for index in range(1, codebooks.shape[0]):
        total = total + functional.embedding(codes[:, index], codebooks[index])
    return total


def _project(x: Tensor, weight: Tensor) -> Tensor:
    """A linear map as a convolution of one step, which rounds as the official one. Shapes: x [B, T, W] -> [B, W', T]"""
    return functional.conv1d(x.transpose(1, 2), weight[..., None])


class PreTransformer(DecoderStack):
    """A decoder stack with a sliding window, between two projections. Shapes: x [B, T, latent] -> [B, T, latent]"""

    def __init__(self, config: DecoderConfig, latent: int) -> None:
        super().__init__(config)
        self.input_proj = Linear(latent, config.width, bias=True)
        self.output_proj = Linear(config.width, latent, bias=True)

    def init_state(self, slots: int) -> RingCache:
        return self.init_ring(slots)

    def forward(self, x: Tensor, cache: RingCache, active: Tensor) -> Tensor:  # type: ignore[override]
        out: Tensor = self.output_proj(self.step(self.input_proj(x), cache, active))
        return out


@dataclass
class CodecDecoderState(State):
    """All that a stream of frames leaves behind: about 5 MB a slot in float32 at the released size."""

    pre_conv: ConvState
    pre_transformer: RingCache
    upsample: ChainState
    decoder: ChainState


class CodecDecoder(StreamingModule):
    """Decode codec frames to audio, advancing `state` in place.

    Shapes: codes [B, K, T] int64, active [B] bool -> audio [B, S] in [-1, 1], float32 or finer
    Units:  S = T * CodecConfig.frame_samples, at CodecConfig.sample_rate_hz
    Source: the official decoder, which it equals; checked by tests/models/qwen3/codec/test_decoder.py
    """

    def __init__(self, config: CodecDecoderConfig) -> None:
        super().__init__()
        self.quantizer = Dequantizer(config)
        self.pre_conv = CausalConv1d(config.code_width, config.latent, 3)
        self.pre_transformer = PreTransformer(config.stack, config.latent)
        self.upsample = Chain(
            Chain([CausalConvTranspose1d(config.latent, config.latent, rate, rate), ConvNeXt(config.latent)])
            for rate in config.upsample
        )
        widths = [config.channels // 2**i for i in range(len(config.rates) + 1)]
        blocks = [UpsampleBlock(width, rate) for width, rate in zip(widths, config.rates, strict=False)]
        self.decoder = Chain(
            [
                CausalConv1d(config.latent, config.channels, 7),
                *blocks,
                SnakeBeta(widths[-1]),
                CausalConv1d(widths[-1], 1, 7),
            ]
        )

        # Frames that the convolutions after the transformer can still see.
        self.reach_frames = _reach_frames(config)

    def pack(self) -> None:
        """Lay weights that few rows meet out for a CPU's libraries, once they are loaded.

        A frame then takes two thirds of the time, and rounds otherwise than the official decoder.
        """
        for part in (self.pre_transformer, self.upsample):
            replace_linears(part, PackedLinear.of)
        for module in self.modules():
            if isinstance(module, CausalConv1d | CausalConvTranspose1d):
                module.pack()

    def init_state(self, slots: int) -> CodecDecoderState:
        return CodecDecoderState(
            self.pre_conv.init_state(slots),
            self.pre_transformer.init_state(slots),
            self.upsample.init_state(slots),
            self.decoder.init_state(slots),
        )

    def forward(self, codes: Tensor, state: CodecDecoderState, active: Tensor) -> Tensor:
        return self._to_audio(self._to_latent(codes, state, active), state, active)

    def prime(self, codes: Tensor, state: CodecDecoderState, active: Tensor) -> None:
        """Leave `state` as it is after decoding `codes`, without making the audio of all of it.

        Shapes: codes [B, K, T] int64
        """
        latent = self._to_latent(codes, state, active)
        self._to_audio(latent[..., -self.reach_frames :], state, active)

    def pass_over(self, codes: Tensor, state: CodecDecoderState, active: Tensor) -> None:
        """The same for codes that are followed by `reach_frames` more before any audio is wanted: they make none.

        Shapes: codes [B, K, T] int64
        """
        self._to_latent(codes, state, active)

    def _to_latent(self, codes: Tensor, state: CodecDecoderState, active: Tensor) -> Tensor:
        hidden = self.pre_conv(self.quantizer(codes), state.pre_conv, active)
        latent: Tensor = self.pre_transformer(hidden.transpose(1, 2), state.pre_transformer, active)
        return latent.transpose(1, 2)

    def _to_audio(self, latent: Tensor, state: CodecDecoderState, active: Tensor) -> Tensor:
        hidden = self.upsample(latent, state.upsample, active)
        audio: Tensor = self.decoder(hidden, state.decoder, active)[:, 0]
        return audio.clamp(-1, 1).to(torch.promote_types(audio.dtype, torch.float32))


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


def _reach_frames(config: CodecDecoderConfig) -> int:
    """How far back the convolutions after the transformer see, in frames, rounded up."""
    rate, frames = 1, 0.0
    for factor in config.upsample:
        frames += 1 / rate  # the transposed convolution
        rate *= factor
        frames += 6 / rate  # ConvNeXt
    frames += 6 / rate
    for factor in config.rates:
        frames += 1 / rate
        rate *= factor
        frames += 6 * (1 + 3 + 9) / rate
    return math.ceil(frames + 6 / rate) + 1
