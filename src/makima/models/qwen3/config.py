"""What a checkpoint says of its language models and speaker encoder: every width, id and limit in config.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from makima.models.qwen3.json_fields import Fields
from makima.nn.transformer import DecoderConfig

Kind = Literal["base", "custom_voice", "voice_design"]


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
    """The language model that takes text and chooses code 0 of each frame."""

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


def stack_config(f: Fields, *, head_norm: bool, layer_scale: bool, window: int | None) -> DecoderConfig:
    """The shape of a decoder stack. Raises: AssetError where it is of a form that is not supported"""
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
        stack=stack_config(f, head_norm=True, layer_scale=False, window=None),
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
    return PredictorConfig(stack_config(f, head_norm=True, layer_scale=False, window=None), f.integer("vocab_size"))


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
