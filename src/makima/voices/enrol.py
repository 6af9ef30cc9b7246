"""From a recording to what the model needs to know of a voice."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from makima.audio import files
from makima.events import Samples
from makima.models.qwen3 import Qwen3TTS
from makima.models.qwen3.prompt import VoicePrompt

MAX_REFERENCE_S = 30.0
"""What is kept of a recording: longer ones cost time with every utterance and add nothing."""

CLOSING_SILENCE_S = 0.5
"""Appended to every reference: without it the clone begins with noise, or with the reference's last sound."""


def enrol(model: Qwen3TTS, reference: Path, transcript: str | None) -> VoicePrompt:
    """The prompt of the voice in `reference`; by its speaker vector alone where there is no transcript.

    Raises: InvalidAudio where the file cannot be decoded or is too short
    """
    samples = files.decode(reference, model.sample_rate_hz, MAX_REFERENCE_S)
    return enrol_samples(model, samples, transcript)


def enrol_samples(model: Qwen3TTS, samples: Samples, transcript: str | None) -> VoicePrompt:
    """The same for samples [S] at the model's rate."""
    silence = np.zeros(round(CLOSING_SILENCE_S * model.sample_rate_hz), np.float32)
    return model.clone_prompt(np.concatenate([samples, silence]), transcript)
