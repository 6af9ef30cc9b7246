"""Tiny checkpoints and voices for the Qwen3-TTS engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.torch import load, save_file

from makima.audio import wav
from makima.engines.qwen3.engine import Qwen3Engine
from makima.events import Samples
from makima.models.qwen3.checkpoint.random_checkpoint import write_random_checkpoint
from makima.models.qwen3.checkpoint.release import Size
from makima.models.qwen3.config import Kind, read_model_config

RATE_HZ = 24_000
FRAME_SAMPLES = 1_920


def write_checkpoint(folder: Path, kind: Kind = "base", *, brevity: float = 1.5, size: Size = "tiny-few") -> Path:
    """A tiny random checkpoint. The greater `brevity`, the likelier is every frame to be an utterance's last."""
    write_random_checkpoint(folder, size, kind)
    path = folder / "model.safetensors"
    tensors = load(path.read_bytes())  # not mapped: it is written over
    tensors["talker.codec_head.weight"][read_model_config(folder).talker.ids.eos] *= brevity
    save_file(tensors, path, {"format": "pt"})
    return folder


def make_home(folder: Path) -> Path:
    """A folder with a checkpoint and two voices, `makima` and `hummer`; made once."""
    if not folder.exists():
        write_checkpoint(folder / "checkpoint")
        write_voice(folder / "voices", "makima", hum(1.0, 220.0), "Hum.")
        write_voice(folder / "voices", "hummer", hum())
    return folder


def engine_at(folder: Path, device: str = "cpu", **options: Any) -> Qwen3Engine:
    """An engine over what is in the folder of `make_home`."""
    return Qwen3Engine(str(folder / "checkpoint"), device, folder / "voices", **options)


def hum(seconds: float = 1.5, pitch_hz: float = 140.0, rate_hz: int = RATE_HZ) -> Samples:
    """Something like a voice: a few harmonics that come and go."""
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    tones = sum(np.sin(2 * np.pi * pitch_hz * n * t) / n for n in range(1, 6))
    return (0.2 * tones * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * t))).astype(np.float32)


def write_voice(
    root: Path, voice_id: str, samples: Samples | None = None, transcript: str | None = None, **manifest: object
) -> Path:
    """A voice's folder below `root`."""
    folder = root / voice_id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps({"name": voice_id.title(), **manifest}), encoding="utf-8")
    if samples is not None:
        wav.write(folder / "reference.wav", samples, RATE_HZ)
    if transcript is not None:
        (folder / "transcript.txt").write_text(transcript, encoding="utf-8")
    return folder
