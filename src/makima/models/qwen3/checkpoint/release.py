"""The released configurations as data, and small ones of the same structure, for checkpoints with random weights.

Numbers of the 0.6B sizes are those of the published config.json files. Of the 1.7B sizes the talker's width and inner
width are; the small ones are made up so that no two widths which could be mistaken for each other are equal.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from makima.models.qwen3.config import Kind

Size = Literal["tiny", "tiny-wide", "tiny-few", "0.6b", "1.7b"]
"""`tiny-wide` is to `tiny` as 1.7b is to 0.6b: its talker is wider than its code predictor. `tiny-few` has 4
codebooks in place of 16: most of the time of a tiny model is its code predictor's, which many tests do not concern."""
Json = dict[str, Any]

LANGUAGES: Final = {
    "chinese": 2055,
    "english": 2050,
    "german": 2053,
    "italian": 2070,
    "portuguese": 2071,
    "spanish": 2054,
    "japanese": 2058,
    "korean": 2064,
    "french": 2061,
    "russian": 2069,
}
"""Tags of the released vocabulary, of which 0 to 2047 are codes."""
CODES: Final = 2048
TINY_CODES: Final = 64

TEXT_IDS: Final = {"im_start": 151644, "im_end": 151645, "tts_pad": 151671, "tts_bos": 151672, "tts_eos": 151673}


def is_tiny(size: Size) -> bool:
    """Whether a size is one for tests, with 64 codes a codebook."""
    return size.startswith("tiny")


def codebooks(size: Size) -> int:
    """How many codes a frame has."""
    return 4 if size == "tiny-few" else 16


def model_json(size: Size, kind: Kind, text_ids: dict[str, int], text_vocab: int) -> Json:
    """config.json of a checkpoint. `text_ids` and `text_vocab` come from its tokenizer."""
    tiny, wide = is_tiny(size), size in ("tiny-wide", "1.7b")
    width = (96 if wide else 64) if tiny else (2048 if wide else 1024)
    return {
        "architectures": ["Qwen3TTSForConditionalGeneration"],
        "model_type": "qwen3_tts",
        "tokenizer_type": "qwen3_tts_tokenizer_12hz",
        "tts_model_size": "1b7" if wide else "0b6",
        "tts_model_type": kind,
        "assistant_token_id": text_ids["assistant"],
        "im_start_token_id": text_ids["im_start"],
        "im_end_token_id": text_ids["im_end"],
        "tts_pad_token_id": text_ids["tts_pad"],
        "tts_bos_token_id": text_ids["tts_bos"],
        "tts_eos_token_id": text_ids["tts_eos"],
        "speaker_encoder_config": _speaker_encoder(tiny, width),
        "talker_config": _talker(tiny, width, kind, text_vocab, codebooks(size)),
        "transformers_version": "4.57.3",
    }


def _speaker_encoder(tiny: bool, width: int) -> Json:
    config: Json = {"enc_dim": width, "sample_rate": 24000}
    if tiny:
        config |= {"enc_channels": [16, 16, 16, 16, 48], "enc_attention_channels": 8, "enc_se_channels": 12}
    return config


def _transformer(tiny: bool, width: int, layers: int, inner: int, groups: int) -> Json:
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16}
    released = {"num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128}
    return {
        "hidden_size": width,
        "intermediate_size": inner,
        "num_hidden_layers": layers,
        **(heads if tiny else released),
        "hidden_act": "silu",
        "rms_norm_eps": 1e-06,
        "rope_theta": 1000000,
        "attention_bias": False,
        "use_sliding_window": False,
        "sliding_window": None,
        "num_code_groups": groups,
    }


def _talker(tiny: bool, width: int, kind: Kind, text_vocab: int, groups: int) -> Json:
    down = CODES - TINY_CODES if tiny else 0  # ids above the codes move down with their number
    layers, inner = (3, 80) if tiny else (28, 3 * width)
    config = _transformer(tiny, width, layers, inner, groups) | {
        "vocab_size": 3072 - down,
        "text_vocab_size": text_vocab,
        "text_hidden_size": 48 if tiny else 2048,
        "max_position_embeddings": 32768,
        "rope_scaling": {
            "interleaved": True,
            "mrope_section": [4, 2, 2] if tiny else [24, 20, 20],
            "rope_type": "default",
        },
        "codec_pad_id": 2148 - down,
        "codec_bos_id": 2149 - down,
        "codec_eos_token_id": 2150 - down,
        "codec_think_id": 2154 - down,
        "codec_nothink_id": 2155 - down,
        "codec_think_bos_id": 2156 - down,
        "codec_think_eos_id": 2157 - down,
        "codec_language_id": {name: tag - down for name, tag in LANGUAGES.items()},
        "spk_id": {},
        "spk_is_dialect": {},
        "pad_token_id": 2148 - down,
        "code_predictor_config": _predictor(tiny, groups),
    }
    if kind == "custom_voice":
        config["codec_language_id"]["beijing_dialect"] = 2074 - down
        config["spk_id"] = {"ryan": 3061 - down, "dylan": 2878 - down}
        config["spk_is_dialect"] = {"ryan": False, "dylan": "beijing_dialect"}
    return config


def _predictor(tiny: bool, groups: int) -> Json:
    width, layers, inner = (64, 2, 96) if tiny else (1024, 5, 3072)
    return _transformer(tiny, width, layers, inner, groups) | {
        "vocab_size": TINY_CODES if tiny else CODES,
        "max_position_embeddings": 65536,
        "layer_types": ["full_attention"] * layers,
    }


def codec_json(size: Size) -> Json:
    """speech_tokenizer/config.json of a checkpoint; all released sizes share one codec."""
    tiny = is_tiny(size)
    return {
        "architectures": ["Qwen3TTSTokenizerV2Model"],
        "model_type": "qwen3_tts_tokenizer_12hz",
        "encoder_valid_num_quantizers": codebooks(size),
        "input_sample_rate": 24000,
        "output_sample_rate": 24000,
        "decode_upsample_rate": 1920,
        "encode_downsample_rate": 1920,
        "decoder_config": _RELEASED_DECODER | (_TINY_DECODER if tiny else {}) | {"num_quantizers": codebooks(size)},
        "encoder_config": _RELEASED_ENCODER | (_TINY_ENCODER if tiny else {}),
        "transformers_version": "4.57.3",
    }


_RELEASED_DECODER: Final[Json] = {
    "attention_bias": False,
    "latent_dim": 1024,
    "codebook_dim": 512,
    "codebook_size": CODES,
    "decoder_dim": 1536,
    "hidden_act": "silu",
    "hidden_size": 512,
    "intermediate_size": 1024,
    "max_position_embeddings": 8000,
    "head_dim": 64,
    "num_attention_heads": 16,
    "num_hidden_layers": 8,
    "num_key_value_heads": 16,
    "num_semantic_quantizers": 1,
    "rms_norm_eps": 1e-05,
    "rope_theta": 10000,
    "semantic_codebook_size": 4096,
    "sliding_window": 72,
    "upsample_rates": [8, 5, 4, 3],
    "upsampling_ratios": [2, 2],
    "vector_quantization_hidden_dimension": 512,
}
_TINY_DECODER: Final[Json] = {
    "codebook_size": TINY_CODES,
    "latent_dim": 32,
    "codebook_dim": 16,
    "decoder_dim": 48,
    "hidden_size": 80,
    "intermediate_size": 112,
    "head_dim": 16,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "num_hidden_layers": 2,
    "sliding_window": 9,
    "vector_quantization_hidden_dimension": 16,
}
_RELEASED_ENCODER: Final[Json] = {
    "_frame_rate": 12.5,
    "attention_bias": False,
    "audio_channels": 1,
    "codebook_dim": 256,
    "codebook_size": CODES,
    "compress": 2,
    "dilation_growth_rate": 2,
    "head_dim": 64,
    "hidden_act": "gelu",
    "hidden_size": 512,
    "intermediate_size": 2048,
    "kernel_size": 7,
    "last_kernel_size": 3,
    "max_position_embeddings": 8000,
    "norm_eps": 1e-05,
    "num_attention_heads": 8,
    "num_filters": 64,
    "num_hidden_layers": 8,
    "num_key_value_heads": 8,
    "num_quantizers": 32,
    "num_residual_layers": 1,
    "num_semantic_quantizers": 1,
    "pad_mode": "constant",
    "residual_kernel_size": 3,
    "rope_theta": 10000.0,
    "sampling_rate": 24000,
    "sliding_window": 250,
    "trim_right_ratio": 1.0,
    "upsample_groups": 512,
    "upsampling_ratios": [8, 6, 5, 4],
    "use_cache": False,
    "use_causal_conv": True,
    "use_conv_shortcut": False,
    "vector_quantization_hidden_dimension": 256,
}
_TINY_ENCODER: Final[Json] = {
    "codebook_size": TINY_CODES,
    "num_filters": 4,
    "hidden_size": 32,
    "intermediate_size": 48,
    "head_dim": 8,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "num_hidden_layers": 2,
    "codebook_dim": 16,
    "vector_quantization_hidden_dimension": 16,
    "upsample_groups": 32,
    "sliding_window": 21,
}
