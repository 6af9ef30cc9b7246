"""The networks of a checkpoint, grouped as its files are."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from makima.models.qwen3.code_predictor import CodePredictor
from makima.models.qwen3.codec.config import CodecConfig
from makima.models.qwen3.codec.decoder import CodecDecoder
from makima.models.qwen3.codec.encoder import CodecEncoder
from makima.models.qwen3.config import ModelConfig
from makima.models.qwen3.speaker.encoder import SpeakerEncoder
from makima.models.qwen3.talker import Talker


class SpeechModel(nn.Module):
    """What `model.safetensors` holds."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.talker = Talker(config.talker)
        self.predictor = CodePredictor(config.predictor, config.talker.codebooks, config.talker.stack.width)
        encoder = config.speaker_encoder
        self.speaker_encoder = None if encoder is None else SpeakerEncoder(encoder)


class CodecModel(nn.Module):
    """What `speech_tokenizer/model.safetensors` holds."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.decoder = CodecDecoder(config.decoder)
        self.encoder = CodecEncoder(config.encoder)


@dataclass(frozen=True, slots=True)
class Parts:
    """A checkpoint in memory."""

    config: ModelConfig
    codec_config: CodecConfig
    speech: SpeechModel
    codec: CodecModel


def build(config: ModelConfig, codec_config: CodecConfig) -> tuple[SpeechModel, CodecModel]:
    """The models without weights, on the meta device."""
    with torch.device("meta"):
        return SpeechModel(config), CodecModel(codec_config)
