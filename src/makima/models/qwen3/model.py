"""Qwen3-TTS as a whole: what tests, benchmarks and engines share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import torch
from torch import Tensor

from makima.errors import InvalidAudio, InvalidMessage
from makima.models.qwen3.arrays import as_tensor
from makima.models.qwen3.codec.config import CodecConfig
from makima.models.qwen3.codec.decoder import DecoderStream
from makima.models.qwen3.config import ModelConfig
from makima.models.qwen3.generation import FrameGenerator
from makima.models.qwen3.parts import Parts
from makima.models.qwen3.prompt import PromptBuilder, VoicePrompt
from makima.models.qwen3.sampling import Sampling
from makima.models.qwen3.speaker.mel import HOP_SAMPLES, log_mel
from makima.nn.transformer import DecoderStack
from makima.text.tokenizer import TextTokenizer

MAX_FRAMES: Final = 2048
"""Where an utterance that finds no end is cut: 164 s. Source: the official wrapper's default."""
PIECE_FRAMES: Final = 128
"""`decode_codes` works through longer utterances in pieces of this length: exact all the same, in bounded memory."""
SHORTEST_SAMPLES: Final = 5 * HOP_SAMPLES
"""Less audio than this makes fewer mel frames than the speaker encoder's convolutions mirror at the edges."""


class Qwen3TTS:
    """A loaded checkpoint, Base, CustomVoice or VoiceDesign, of any size.

    Audio is float32 in [-1, 1] at the codec's rate. Arguments may be tensors or arrays; results are tensors.
    """

    def __init__(self, parts: Parts, tokenizer: TextTokenizer) -> None:
        self.config: ModelConfig = parts.config
        self.codec_config: CodecConfig = parts.codec_config
        self.talker, self.predictor = parts.speech.talker, parts.speech.predictor
        self.speaker_encoder = parts.speech.speaker_encoder
        self.decoder, self.encoder = parts.codec.decoder, parts.codec.encoder
        self.prompts = PromptBuilder(self.config, tokenizer, self.talker, self.predictor)
        self.generator = FrameGenerator(self.talker, self.predictor)

    @property
    def device(self) -> torch.device:
        """Where the model runs."""
        return self.talker.codec_embedding.device

    @property
    def native(self) -> bool:
        """Whether talker and code predictor run on the native kernels."""
        return not isinstance(self.talker.model, DecoderStack)

    @property
    def sample_rate_hz(self) -> int:
        """Rate of all audio, in and out."""
        return self.codec_config.sample_rate_hz

    def assistant_ids(self, text: str) -> list[int]:
        """Token ids of a text to be said, in the whole template."""
        return self.prompts.assistant_ids(text)

    def reference_ids(self, text: str) -> list[int]:
        """Token ids of a reference's transcript, in its template."""
        return self.prompts.reference_ids(text)

    def mel(self, audio: Any) -> Tensor:
        """Log-mel frames for the speaker encoder. Shapes: audio [S] -> [frames, bins]"""
        encoder = self.config.speaker_encoder
        bins = 128 if encoder is None else encoder.mel_bins
        return log_mel(self._audio(audio, SHORTEST_SAMPLES), bins, self.sample_rate_hz)

    def speaker_embedding(self, audio: Any) -> Tensor:
        """The vector of a voice. Shapes: audio [S] float32 -> [H]

        Raises: InvalidMessage where the model is not a Base; InvalidAudio
        """
        if self.speaker_encoder is None:
            raise InvalidMessage(f"This model ({self.config.kind}) clones no voices.", mend="Load a Base model.")
        embedding: Tensor = self.speaker_encoder(self.mel(audio)[None])[0]
        return embedding

    def encode_audio(self, audio: Any) -> Tensor:
        """Codec codes of a clip. Shapes: audio [S] float32 -> [T, K] int64. Raises: InvalidAudio"""
        codes: Tensor = self.encoder(self._audio(audio, 1)[None])[0].T
        return codes.contiguous()

    def decode_codes(self, codes: Any) -> Tensor:
        """Audio of a whole utterance. Shapes: codes [T, K] -> [T * frame_samples]"""
        stream = self.decoder_stream()
        whole = self._codes(codes)
        pieces = [whole[start : start + PIECE_FRAMES] for start in range(0, len(whole), PIECE_FRAMES)]
        return torch.cat([stream.push(piece) for piece in pieces])

    def decoder_stream(self, context: Any | None = None) -> DecoderStream:
        """A decoder that takes codes as they come. Shapes: context [R, K], codes to run over first, without output"""
        before = None if context is None else self._codes(context).T[None]
        return DecoderStream(self.decoder, before)

    def clone_prompt(self, audio: Any, transcript: str | None) -> VoicePrompt:
        """What there is to know of a voice; without a transcript, its vector alone.

        Shapes: audio [S] float32. Raises: InvalidMessage where the model is not a Base; InvalidAudio
        """
        speaker = self.speaker_embedding(audio)
        if not transcript:
            return VoicePrompt(speaker)
        return VoicePrompt(speaker, self.encode_audio(audio), transcript)

    def talker_prompt(
        self,
        text: str,
        language: str,
        voice: VoicePrompt | None = None,
        speaker: str | None = None,
        instruct: str | None = None,
        prefilled: bool = False,
    ) -> tuple[Tensor, Tensor]:
        """The talker's prompt and the text that goes with the frames after it.

        Shapes: -> embeds [P, H], trailing [R, H]
        Raises: InvalidText, InvalidMessage, VoiceNotFound
        """
        return self.prompts.build(text, language, voice, speaker, instruct, prefilled)

    def prompt_logits(self, embeds: Any) -> Tensor:
        """Scores of the first code 0 after a prompt, nothing ruled out yet. Shapes: embeds [P, H] -> [V] float32"""
        embeds = as_tensor(embeds, self.talker.codec_embedding.dtype, self.device)
        cache = self.talker.init_state(1, len(embeds))
        active = torch.ones(1, dtype=torch.bool, device=self.device)
        return self.talker.logits(self.talker(embeds[None], cache, active)[0, -1])

    def generate(
        self,
        text: str,
        language: str,
        voice: VoicePrompt | None = None,
        speaker: str | None = None,
        instruct: str | None = None,
        prefilled: bool = False,
        sampling: Sampling = Sampling(),  # noqa: B008 - frozen
        max_frames: int = MAX_FRAMES,
    ) -> Iterator[Tensor]:
        """Say a text: codes [K] int64 of frame after frame, until EOS, which is not among them, or `max_frames`.

        Raises: InvalidText, InvalidMessage, VoiceNotFound, all before the first frame
        """
        embeds, trailing = self.talker_prompt(text, language, voice, speaker, instruct, prefilled)
        return self._frames(embeds, trailing, sampling, max_frames)

    def _frames(self, embeds: Tensor, trailing: Tensor, sampling: Sampling, max_frames: int) -> Iterator[Tensor]:
        limit = min(max_frames, self.config.talker.max_positions - len(embeds))
        state = self.generator.init_state(1, len(embeds) + limit)
        active = torch.ones(1, dtype=torch.bool, device=self.device)
        pad = self.prompts.pad_embedding()
        self.generator.begin(state, 0, embeds, sampling)
        for frame in range(limit):
            codes = self.generator.choose_codes(state, active)[0].clone()
            if int(codes[0]) == self.generator.eos:
                return
            yield codes
            text = trailing[frame] if frame < len(trailing) else pad
            self.generator.advance(state, text[None], active)

    def _audio(self, audio: Any, shortest_samples: int) -> Tensor:
        clip = as_tensor(audio, torch.float32, self.device)
        if clip.dim() != 1 or len(clip) < shortest_samples:
            shortest_s = shortest_samples / self.sample_rate_hz
            raise InvalidAudio(f"A clip of shape {list(clip.shape)} is no mono audio of at least {shortest_s:.2g} s.")
        return clip

    def _codes(self, codes: Any) -> Tensor:
        return as_tensor(codes, torch.int64, self.device)
