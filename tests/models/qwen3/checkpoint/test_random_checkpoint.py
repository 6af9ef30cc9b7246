"""Checkpoints with random weights are whole, repeatable, and alive."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
import torch

from makima.models.qwen3.checkpoint.layout import unused_tensors
from makima.models.qwen3.checkpoint.random_checkpoint import shapes_of, write_random_checkpoint
from makima.models.qwen3.checkpoint.release import Size, codec_json, model_json
from makima.models.qwen3.codec.config import read_codec_config
from makima.models.qwen3.config import Kind, read_model_config
from makima.models.qwen3.loading import load_model
from makima.models.qwen3.parts import build
from makima.models.qwen3.sampling import Sampling
from tests.support.models.qwen3 import goldens


def digest(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize(
    ("kind", "speaker", "instruct"),
    [("base", None, None), ("custom_voice", "ryan", "Gladly."), ("voice_design", None, "An old man.")],
)
def test_every_kind_loads_and_speaks(tmp_path: Path, kind: Kind, speaker: str | None, instruct: str | None) -> None:
    model = load_model(write_random_checkpoint(tmp_path, "tiny-wide", kind, seed=3))
    voice = model.clone_prompt(goldens("base")["audio/0"], "Hello world.") if kind == "base" else None
    sampling = Sampling(seed=1)
    frames = model.generate("Hello world.", "English", voice, speaker, instruct, sampling=sampling, max_frames=6)
    codes = torch.stack(list(frames))
    audio = model.decode_codes(codes)
    assert audio.shape == (len(codes) * model.codec_config.frame_samples,)
    assert 0.03 < float(audio.square().mean().sqrt()) < 0.3
    assert len(set(codes[:, 1:].flatten().tolist())) > 10


def test_the_same_seed_gives_the_same_files(tmp_path: Path) -> None:
    first, again, other = (
        write_random_checkpoint(tmp_path / name, seed=seed) for name, seed in zip("abc", (1, 1, 2), strict=True)
    )
    assert digest(first) == digest(again)
    assert digest(first)["model.safetensors"] != digest(other)["model.safetensors"]


@pytest.mark.parametrize(("size", "billions"), [("0.6b", 0.915), ("1.7b", 1.92)])
def test_released_sizes(tmp_path: Path, size: Size, billions: float) -> None:
    (tmp_path / "speech_tokenizer").mkdir()
    ids = dict.fromkeys(("assistant", "im_start", "im_end", "tts_pad", "tts_bos", "tts_eos"), 1)
    (tmp_path / "config.json").write_text(json.dumps(model_json(size, "base", ids, 151936)))
    (tmp_path / "speech_tokenizer" / "config.json").write_text(json.dumps(codec_json(size)))
    codec_config = read_codec_config(tmp_path)
    speech, codec = build(read_model_config(tmp_path), codec_config)
    count = sum(parameter.numel() for parameter in speech.parameters())
    assert count / 1e9 == pytest.approx(billions, rel=0.01)
    assert len(shapes_of(codec, unused_tensors(codec_config))) == 496
