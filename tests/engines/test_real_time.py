"""When Qwen3-TTS is taken to keep up with speech."""

from __future__ import annotations

from pathlib import Path

import pytest

from makima.config import Settings
from makima.engines import real_time
from makima.engines.real_time import FILE, RealTime
from tests.support.server.servers import make_settings


def settings_at(tmp_path: Path, **more: object) -> Settings:
    model = tmp_path / "model"
    model.mkdir(exist_ok=True)
    (model / "model.safetensors").write_bytes(bytes(1000))
    return make_settings(model_id=str(model), cache_dir=tmp_path / "cache", device="cpu", **more)


def test_what_was_measured_counts(tmp_path: Path) -> None:
    figure = RealTime(settings_at(tmp_path))
    assert figure.problem() is None
    figure.note(1.7)
    problem = RealTime(settings_at(tmp_path)).problem()
    assert problem is not None
    assert "1.7 times" in str(problem)
    assert "--engine qwen3" in str(problem)
    figure.note(0.9)
    assert RealTime(settings_at(tmp_path)).problem() is None


def test_a_figure_is_of_one_way_to_keep_weights(tmp_path: Path) -> None:
    RealTime(settings_at(tmp_path, quantize="none")).note(4.8)
    assert RealTime(settings_at(tmp_path, quantize="int4")).problem() is None


@pytest.mark.parametrize("content", ["", "[1]", '{"a": "b"}', "\0"])
def test_a_broken_file_is_none(tmp_path: Path, content: str) -> None:
    settings = settings_at(tmp_path)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / FILE).write_text(content)
    assert RealTime(settings).factor() < 0.01


@pytest.mark.parametrize(("bytes_per_s", "fits"), [(50e9, True), (5e9, False)])
def test_before_it_was_measured_it_is_estimated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bytes_per_s: float, fits: bool
) -> None:
    settings = settings_at(tmp_path, quantize="int8")
    with (tmp_path / "model" / "model.safetensors").open("r+b") as file:
        file.truncate(2_500_000_000)  # sparse
    monkeypatch.setattr(real_time, "_bytes_per_s", lambda: bytes_per_s)
    assert (RealTime(settings).problem() is None) == fits


def test_a_gpu_keeps_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_at(tmp_path)
    RealTime(settings).note(9.0)
    monkeypatch.setattr(real_time, "_has_gpu", lambda: True)
    assert RealTime(settings.model_copy(update={"device": "auto"})).factor() == 0.0
    assert RealTime(settings.model_copy(update={"device": "cuda:0"})).factor() == 0.0


def test_the_machine_is_measured() -> None:
    assert real_time._bytes_per_s() > 1e8
