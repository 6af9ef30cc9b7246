"""What a checkpoint says of itself: every width, id and limit of the model, read from its two config.json files."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from makima.models.qwen3.json_fields import Fields
from makima.nn.decoder import DecoderConfig

Kind = Literal["base", "custom_voice", "voice_design"]
CODEC_FOLDER = "speech_tokenizer"


@dataclass(frozen=True, slots=True)
class CodecIds:
    """Ids of the talker's codec vocabulary that are not sounds."""

    bos: int
    eos: int
    pad: int
    think: int
    nothink: int
    think_bos: int
    think_eos: int


@dataclass(frozen=True, slots=True)
class TextIds:
    """Ids of the text vocabulary that the prompt is built with."""

    bos: int
    eos: int
    pad: int


@dataclass(frozen=True, slots=True)
class TalkerConfig:
    """The language model that hears text and says code 0 of each frame."""

    stack: DecoderConfig
    vocab: int
    text_vocab: int
    text_width: int
    codebooks: int
    max_positions: int
    ids: CodecIds
    languages: Mapping[str, int]
    speakers: Mapping[str, int]
    dialects: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PredictorConfig:
    """The small model that adds codes 1 and up to each frame."""

    stack: DecoderConfig
    vocab: int


@dataclass(frozen=True, slots=True)
class SpeakerEncoderConfig:
    """An ECAPA-TDNN over log-mel frames."""

    sample_rate_hz: int
    mel_bins: int
    width: int
    channels: tuple[int, ...]
    kernels: tuple[int, ...]
    dilations: tuple[int, ...]
    attention: int
    scale: int
    squeeze: int


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """All of config.json. `speaker_encoder` is there in a Base alone."""

    kind: Kind
    size: str
    text_ids: TextIds
    talker: TalkerConfig
    predictor: PredictorConfig
    speaker_encoder: SpeakerEncoderConfig | None


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


def read_model_config(folder: Path) -> ModelConfig:
    """Read `folder`/config.json. Raises: AssetError naming the file and the key."""
    root = Fields.read(folder / "config.json")
    root.expect("model_type", "qwen3_tts")
    kind = root.choice("tts_model_type", ("base", "custom_voice", "voice_design"))
    talker = root.sub("talker_config")
    return ModelConfig(
        kind=kind,
        size=root.text("tts_model_size"),
        text_ids=TextIds(
            root.integer("tts_bos_token_id"), root.integer("tts_eos_token_id"), root.integer("tts_pad_token_id")
        ),
        talker=_talker(talker),
        predictor=_predictor(talker.sub("code_predictor_config")),
        speaker_encoder=_speaker_encoder(root.sub("speaker_encoder_config")) if kind == "base" else None,
    )


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


def _stack(f: Fields, *, head_norm: bool, layer_scale: bool, window: int | None) -> DecoderConfig:
    f.expect("hidden_act", "silu", absent="silu")
    f.expect("attention_bias", False, absent=False)
    return DecoderConfig(
        width=f.integer("hidden_size"),
        inner=f.integer("intermediate_size"),
        layers=f.integer("num_hidden_layers"),
        heads=f.integer("num_attention_heads"),
        kv_heads=f.integer("num_key_value_heads"),
        head_width=f.integer("head_dim", f.integer("hidden_size") // f.integer("num_attention_heads")),
        rope_theta=f.number("rope_theta"),
        norm_eps=f.number("rms_norm_eps"),
        head_norm=head_norm,
        layer_scale=layer_scale,
        window=window,
    )


def _talker(f: Fields) -> TalkerConfig:
    f.expect("use_sliding_window", False, absent=False)
    return TalkerConfig(
        stack=_stack(f, head_norm=True, layer_scale=False, window=None),
        vocab=f.integer("vocab_size"),
        text_vocab=f.integer("text_vocab_size"),
        text_width=f.integer("text_hidden_size"),
        codebooks=f.integer("num_code_groups"),
        max_positions=f.integer("max_position_embeddings"),
        ids=CodecIds(
            bos=f.integer("codec_bos_id"),
            eos=f.integer("codec_eos_token_id"),
            pad=f.integer("codec_pad_id"),
            think=f.integer("codec_think_id"),
            nothink=f.integer("codec_nothink_id"),
            think_bos=f.integer("codec_think_bos_id"),
            think_eos=f.integer("codec_think_eos_id"),
        ),
        languages=f.mapping("codec_language_id", int),
        speakers=f.mapping("spk_id", int),
        dialects=f.mapping("spk_is_dialect", str),
    )


def _predictor(f: Fields) -> PredictorConfig:
    f.expect("use_sliding_window", False, absent=False)
    return PredictorConfig(_stack(f, head_norm=True, layer_scale=False, window=None), f.integer("vocab_size"))


def _speaker_encoder(f: Fields) -> SpeakerEncoderConfig:
    # The release names only width and rate; the rest are the defaults of the official configuration class.
    return SpeakerEncoderConfig(
        sample_rate_hz=f.integer("sample_rate", 24000),
        mel_bins=f.integer("mel_dim", 128),
        width=f.integer("enc_dim", 1024),
        channels=f.integers("enc_channels", (512, 512, 512, 512, 1536)),
        kernels=f.integers("enc_kernel_sizes", (5, 3, 3, 3, 1)),
        dilations=f.integers("enc_dilations", (1, 2, 3, 4, 1)),
        attention=f.integer("enc_attention_channels", 128),
        scale=f.integer("enc_res2net_scale", 8),
        squeeze=f.integer("enc_se_channels", 128),
    )


def _codec_decoder(f: Fields) -> CodecDecoderConfig:
    return CodecDecoderConfig(
        stack=_stack(f, head_norm=False, layer_scale=True, window=f.integer("sliding_window")),
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
