"""What a checkpoint says of its codec: every width, rate and limit in speech_tokenizer/config.json."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from makima.models.qwen3.config import stack_config
from makima.models.qwen3.json_fields import Fields
from makima.nn.transformer import DecoderConfig

CODEC_FOLDER: Final = "speech_tokenizer"


@dataclass(frozen=True, slots=True)
class CodecDecoderConfig:
    """Codes to audio."""

    stack: DecoderConfig
    quantizers: int
    semantic: int
    codes: int
    code_width: int
    latent: int
    channels: int
    upsample: tuple[int, ...]
    rates: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CodecEncoderConfig:
    """Audio to codes: a Mimi encoder, of whose quantizers the first `used` matter."""

    channels: int
    filters: int
    width: int
    inner: int
    layers: int
    heads: int
    kv_heads: int
    head_width: int
    rope_theta: float
    norm_eps: float
    kernel: int
    last_kernel: int
    residual_kernel: int
    residual_layers: int
    dilation_growth: int
    compress: int
    rates: tuple[int, ...]
    quantizers: int
    semantic: int
    used: int
    codes: int
    code_width: int
    downsample: int


@dataclass(frozen=True, slots=True)
class CodecConfig:
    """All of speech_tokenizer/config.json."""

    sample_rate_hz: int
    frame_samples: int
    decoder: CodecDecoderConfig
    encoder: CodecEncoderConfig


def read_codec_config(folder: Path) -> CodecConfig:
    """Read `folder`/speech_tokenizer/config.json. Raises: AssetError naming the file and the key."""
    root = Fields.read(folder / CODEC_FOLDER / "config.json")
    root.expect("model_type", "qwen3_tts_tokenizer_12hz")
    return CodecConfig(
        sample_rate_hz=root.integer("output_sample_rate"),
        frame_samples=root.integer("decode_upsample_rate"),
        decoder=_codec_decoder(root.sub("decoder_config")),
        encoder=_codec_encoder(
            root.sub("encoder_config"),
            used=root.integer("encoder_valid_num_quantizers"),
            frame_samples=root.integer("encode_downsample_rate"),
        ),
    )


def _codec_decoder(f: Fields) -> CodecDecoderConfig:
    return CodecDecoderConfig(
        stack=stack_config(f, head_norm=False, layer_scale=True, window=f.integer("sliding_window")),
        quantizers=f.integer("num_quantizers"),
        semantic=1,  # the official decoder splits off one quantizer whatever num_semantic_quantizers says
        codes=f.integer("codebook_size"),
        code_width=f.integer("codebook_dim"),
        latent=f.integer("latent_dim"),
        channels=f.integer("decoder_dim"),
        upsample=f.integers("upsampling_ratios"),
        rates=f.integers("upsample_rates"),
    )


def _codec_encoder(f: Fields, used: int, frame_samples: int) -> CodecEncoderConfig:
    f.expect("use_causal_conv", True)
    f.expect("use_conv_shortcut", False)
    f.expect("pad_mode", "constant")
    f.expect("hidden_act", "gelu")
    f.expect("attention_bias", False, absent=False)
    rates = f.integers("upsampling_ratios")
    return CodecEncoderConfig(
        channels=f.integer("audio_channels"),
        filters=f.integer("num_filters"),
        width=f.integer("hidden_size"),
        inner=f.integer("intermediate_size"),
        layers=f.integer("num_hidden_layers"),
        heads=f.integer("num_attention_heads"),
        kv_heads=f.integer("num_key_value_heads"),
        head_width=f.integer("head_dim", f.integer("hidden_size") // f.integer("num_attention_heads")),
        rope_theta=f.number("rope_theta"),
        norm_eps=f.number("norm_eps"),
        kernel=f.integer("kernel_size"),
        last_kernel=f.integer("last_kernel_size"),
        residual_kernel=f.integer("residual_kernel_size"),
        residual_layers=f.integer("num_residual_layers"),
        dilation_growth=f.integer("dilation_growth_rate"),
        compress=f.integer("compress"),
        rates=rates,
        quantizers=f.integer("num_quantizers"),
        semantic=f.integer("num_semantic_quantizers"),
        used=used,
        codes=f.integer("codebook_size"),
        code_width=f.integer("codebook_dim"),
        downsample=frame_samples // math.prod(rates),
    )
