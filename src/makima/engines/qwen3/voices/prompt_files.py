"""From a recording to what the model needs to know of a voice: worked out once, and kept beside the recording."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import secrets
from pathlib import Path
from typing import Final

import numpy as np
import torch

from makima.audio import files
from makima.events import Samples
from makima.models.qwen3.model import Qwen3TTS
from makima.models.qwen3.prompt import VoicePrompt

log = logging.getLogger(__name__)

MAX_REFERENCE_S = 30.0
"""What is kept of a recording: longer ones cost time with every utterance and add nothing."""

CLOSING_SILENCE_S = 0.5
"""Appended to every reference: without it the clone begins with noise, or with the reference's last sound."""

_VERSION: Final = 1
"""To be raised when what is worked out of a recording changes."""


def enrol(model: Qwen3TTS, reference: Path, transcript: str | None, fingerprint: str | None = None) -> VoicePrompt:
    """The prompt of the voice in `reference`; by its speaker vector alone where there is no transcript.

    With the `fingerprint` of the model's files it is taken from beside the reference, or put there.

    Raises: InvalidAudio where the file cannot be decoded or is too short
    """
    place = _place(model, reference, transcript, fingerprint) if fingerprint else None
    if place is not None and (kept := _read(place, transcript, model.device)) is not None:
        return kept
    samples = files.decode(reference, model.sample_rate_hz, MAX_REFERENCE_S)
    prompt = enrol_samples(model, samples, transcript)
    if place is not None:
        _write(place, prompt)
    return prompt


def enrol_samples(model: Qwen3TTS, samples: Samples, transcript: str | None) -> VoicePrompt:
    """The same for samples [S] at the model's rate."""
    silence = np.zeros(round(CLOSING_SILENCE_S * model.sample_rate_hz), np.float32)
    with torch.inference_mode():
        return model.clone_prompt(np.concatenate([samples, silence]), transcript)


def _place(model: Qwen3TTS, reference: Path, transcript: str | None, fingerprint: str) -> Path | None:
    """The file for this model's prompt of this recording, or None where the recording cannot be read."""
    try:
        with reference.open("rb") as file:
            recording = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None  # decoding says what is wrong with it
    dtype = str(model.talker.codec_embedding.dtype)
    of_model = hashlib.sha256(f"{_VERSION} {fingerprint} {dtype}".encode()).hexdigest()[:12]
    of_voice = hashlib.sha256(f"{recording} {MAX_REFERENCE_S} {transcript or ''}".encode()).hexdigest()[:20]
    return reference.parent / f"prompt-{of_model}-{of_voice}.safetensors"


def _read(path: Path, transcript: str | None, device: torch.device) -> VoicePrompt | None:
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        tensors = load(path.read_bytes())
        codes = tensors.get("codes")
        speaker = tensors["speaker"].to(device)
    except FileNotFoundError:
        return None
    except (OSError, SafetensorError, KeyError) as exc:
        log.warning("%s is of no use, and is made anew: %s", path, exc)
        return None
    return VoicePrompt(speaker, None if codes is None else codes.to(device), transcript if codes is not None else None)


def _write(path: Path, prompt: VoicePrompt) -> None:
    """Keep a prompt in place of what the same model made of an earlier recording; without, it is only made again."""
    from safetensors.torch import save

    tensors = {"speaker": prompt.speaker.cpu().contiguous()}
    if prompt.codes is not None:
        tensors["codes"] = prompt.codes.cpu().contiguous()
    of_model = path.name.rpartition("-")[0]
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        unfinished.write_bytes(save(tensors))
        os.replace(unfinished, path)
        for other in path.parent.glob(f"{of_model}-*.safetensors"):
            if other != path:
                other.unlink(missing_ok=True)
    except OSError as exc:
        log.info("%s cannot be kept: %s", path, exc)
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
