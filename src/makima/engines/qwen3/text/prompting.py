"""From a segment's text to what the model takes: spoken words, token ids, and the embeddings of its prompt."""

from __future__ import annotations

import logging
from collections import deque
from contextlib import nullcontext

import torch
from torch import Tensor

from makima.engines.qwen3.text.continuation import codec_context, continued
from makima.engines.qwen3.text.segment import Preparing, Segment
from makima.engines.qwen3.text.stream import Qwen3Stream, SegmentText
from makima.engines.qwen3.text.text_feed import TextFeed
from makima.engines.qwen3.voices.conditioning import Conditioning
from makima.engines.qwen3.voices.voices import Voices
from makima.errors import SynthesisFailed, VoiceNotFound
from makima.models.qwen3.model import Qwen3TTS
from makima.nn.threads import one_torch_thread
from makima.text.speakable import without_emoji

log = logging.getLogger(__name__)

MIN_FRAMES = 25
"""Room that a prompt must leave: two seconds."""

PIECE_POSITIONS, GPU_PIECE_POSITIONS = 16, 256
"""A prompt is run in pieces of this many positions, each about as long as a frame takes: on a CPU time goes with the
positions, and the kernels take 16 at once; on a GPU it hardly does. The pieces do not depend on other streams, as how
sums are rounded depends on the pieces."""


class Prompting:
    """Makes prompts for one model."""

    def __init__(self, model: Qwen3TTS, voices: Voices) -> None:
        self._model, self._voices = model, voices
        # As for the steps: PyTorch's threads would spin on cores that the kernels need.
        self._threads = one_torch_thread if model.native else nullcontext

    def prepare(self, stream: Qwen3Stream, source: SegmentText) -> Preparing:
        """Raises: InvalidAudio where the voice's recording is of no use; AssetError, VoiceNotFound"""
        model = self._model
        conditioning = continued(self._conditioning(stream), stream.carried)
        feed = TextFeed(self._spoken, model.prompts.tokenizer)
        return Preparing(stream, source, feed, conditioning, model.prompts.tokens_to_begin(conditioning.voice))

    def _conditioning(self, stream: Qwen3Stream) -> Conditioning:
        """What the voice's recording says; that of the segment before where it was deleted since."""
        voice = stream.request.voice
        try:
            stream.conditioning = self._voices.conditioning(voice, self._model)
        except VoiceNotFound:
            if stream.conditioning is None:
                raise
            log.info("the voice %r was deleted while it speaks: what it was given is spoken to its end", voice)
        return stream.conditioning

    def begin(self, item: Preparing, capacity: int) -> Segment:
        """A segment with its prompt, for a slot of `capacity` positions.

        Raises: SynthesisFailed where the prompt leaves no room to speak
        """
        conditioning, stream = item.conditioning, item.stream
        with torch.inference_mode(), self._threads():
            spoken = self._embedded(item.ids, item.feed)
            embeds, trailing = self._model.prompts.begin(
                spoken, stream.request.language, conditioning.voice, conditioning.speaker, conditioning.instruct
            )
        room = capacity - len(embeds)
        if room < MIN_FRAMES:
            raise SynthesisFailed(
                f"The prompt of the voice {stream.request.voice!r} is too long.",
                mend="Shorten its recording, its transcript or its description.",
            )
        size = PIECE_POSITIONS if self._model.device.type == "cpu" else GPU_PIECE_POSITIONS
        pieces = deque(torch.split(embeds, size))
        context = codec_context(conditioning, stream.carried)
        if context is not None:
            context = context.to(embeds.device)
        return Segment(stream, item.source, item.feed, pieces, list(trailing), context, room)

    def pull(self, segment: Segment) -> None:
        """Take in what has been written since of a segment that is still being written."""
        text, closed = segment.stream.read(segment.source)
        ids = segment.feed.grow(text, closed=closed)
        if ids or segment.feed.complete:
            with torch.inference_mode(), self._threads():
                segment.trailing.extend(self._embedded(ids, segment.feed))

    def _embedded(self, ids: list[int], feed: TextFeed) -> Tensor:
        end = self._model.prompts.end_embedding()[None]
        spoken = self._model.talker.embed_text(ids) if ids else end[:0]
        return torch.cat((spoken, end)) if feed.complete else spoken

    def _spoken(self, text: str) -> str:
        # Names of special tokens are text like any other here, and must not become tokens.
        return without_emoji(text).replace("<|", "< ")
