"""Packing for the kernels: once, kept beside the weights, and finer where the scores feel it."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest
import torch

from makima.models.qwen3.checkpoint.random_checkpoint import write_random_checkpoint
from makima.models.qwen3.kernels import loading
from makima.models.qwen3.kernels.loading import BESIDE
from makima.models.qwen3.loading import load_model
from makima.models.qwen3.model import Qwen3TTS
from makima.nn import native
from makima.nn.native.library import words_pay

if not native.available():
    pytest.skip(f"the kernels were not compiled: {native.why_not()}", allow_module_level=True)

TEXT = "The quick brown fox is jumping over the lazy dog."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_random_checkpoint(tmp_path / "model", "tiny")


def scores(model: Qwen3TTS) -> torch.Tensor:
    return model.prompt_logits(model.talker_prompt(TEXT, "English")[0])


def test_weights_are_packed_once_and_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load_model(folder, quantize="int4")
    codec = "codec-int16" if words_pay() else "codec"
    assert sorted(file.name for file in (folder / BESIDE).iterdir()) == [f"{codec}.safetensors", "int4.safetensors"]
    monkeypatch.setattr(loading, "pack_speech", None)
    monkeypatch.setattr(loading, "pack_codec", None)
    again = load_model(folder, quantize="int4")
    assert torch.equal(scores(again), scores(first))
    codes = torch.randint(64, (5, 16), generator=torch.Generator().manual_seed(0))
    assert torch.equal(again.decode_codes(codes), first.decode_codes(codes))


def test_other_weights_are_packed_anew(folder: Path) -> None:
    load_model(folder, quantize="int8")
    before = (folder / BESIDE / "int8.safetensors").stat().st_mtime_ns
    weights = folder / "model.safetensors"
    os.utime(weights, ns=(1, 1))
    load_model(folder, quantize="int8")
    assert (folder / BESIDE / "int8.safetensors").stat().st_mtime_ns > before


def test_a_broken_file_is_made_again(folder: Path) -> None:
    expected = scores(load_model(folder, quantize="int8"))
    packed = folder / BESIDE / "int8.safetensors"
    whole = packed.read_bytes()
    packed.write_bytes(whole[: len(whole) // 2])
    assert torch.equal(scores(load_model(folder, quantize="int8")), expected)
    assert packed.read_bytes() == whole


def test_where_nothing_can_be_written_beside_the_weights(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / BESIDE).write_text("in the way")
    monkeypatch.setattr(loading, "ELSEWHERE", tmp_path / "elsewhere")
    expected = scores(load_model(folder, quantize="int8"))
    assert list((tmp_path / "elsewhere").glob("*/int8.safetensors"))
    monkeypatch.setattr(loading, "ELSEWHERE", folder / BESIDE / "nor there")
    assert torch.equal(scores(load_model(folder, quantize="int8")), expected)


def test_what_errs_most_is_kept_finer_and_told(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="makima.models.qwen3.kernels.packing"):
        load_model(folder, quantize="int4")
    told = [record.getMessage() for record in caplog.records]
    assert [message.partition(":")[0] for message in told] == ["int4, talker", "int4, code predictor"]
    assert all("of their spread" in message for message in told)
