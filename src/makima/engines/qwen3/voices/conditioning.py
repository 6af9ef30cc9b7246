"""What the model is told about a voice, and what one segment of an utterance adds to it for the next."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from makima.models.qwen3.prompt import VoicePrompt


@dataclass(frozen=True, slots=True)
class Conditioning:
    """What the model is told about a voice: a prompt cloned from audio, a preset speaker, or a description."""

    voice: VoicePrompt | None = None
    speaker: str | None = None
    instruct: str | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """The last frames of a segment, and about the words that were said in them. Shapes: codes [R, K] int64"""

    codes: Tensor
    text: str
