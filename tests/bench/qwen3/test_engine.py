"""The engine's benchmark on a tiny random checkpoint, end to end."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from makima.bench import run
from makima.bench.qwen3 import engine
from makima.bench.qwen3.engine import Measured, Plan, Results
from makima.bench.qwen3.subject import Subject
from makima.bench.qwen3.weights import random_weights
from makima.bench.worker import Worker
from makima.engines.qwen3.runner import runner
from makima.errors import AssetError, EngineError
from makima.models.qwen3.checkpoint.random_checkpoint import write_random_checkpoint
from makima.models.qwen3.loading import load_model
from makima.nn import native
from makima.nn.graph import EagerRecorder
from tests.support.models.checkpoints import hum
from tests.support.models.torch_threads import one_thread

single = pytest.fixture(one_thread)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_random_checkpoint(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture
def one_core() -> Iterator[None]:
    """Small models lose time by sharing work, on a busy machine most of it. Processes take this over from us."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    yield
    os.sched_setaffinity(0, before)


@pytest.mark.usefixtures("one_core")
def test_every_figure_is_there_and_positive(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    variants = ("int8-pytorch",) if native.why_not() else ("int8-pytorch", "int4")
    run.bench_engine(Plan(checkpoint, variants, (1, 2), frames=2, rounds=1, dtype="float32"), tmp_path)
    said = json.loads((tmp_path / "engine.json").read_text())
    assert said["settings"]["variants"] == list(variants)
    for name in ("PyTorch int8", "int4")[: len(variants)]:
        for what in (
            "talker, median",
            "predictor, median",
            "codec, median",
            "whole frame, p50",
            "whole frame, p95",
            "real-time factor",
            "first audio, voice known",
            "load",
            "voice from a clip of 4 s",
            "memory, loaded",
            "memory, peak with 1 at once",
            "memory, resident with 2 at once",
            "throughput, 1 at once",
            "throughput, 2 at once",
            "throughput of two over one",
        ):
            value = said["figures"][f"{name}: {what}"]["value"]
            assert value > 0
            assert math.isfinite(value)
    shown = capsys.readouterr().out
    assert "throughput" in shown
    assert (tmp_path / "engine.json").read_text().strip() in shown
    assert (tmp_path / "engine.png").stat().st_size > 1000


def answer(step_ms: float, **more: object) -> dict[str, object]:
    return {"step_ms": [step_ms], "predictor_ms": [step_ms / 2], "talker_ms": [1.0], "codec_ms": [1.0]} | more


def test_ratios_to_the_official_package() -> None:
    about = {"load_s": 1.0, "voice_s": 1.0, "frame_ms": 80.0, "loaded": {"resident": 1.0}}
    memory = {"peak": 1.0, "resident": 1.0}
    ours = Measured("int4", about, {1: [answer(50.0, first_audio_ms=9.0), answer(100.0, first_audio_ms=9.0)]})
    ours.memory = ours.memory_one = memory
    rounds = [answer(400.0, codec_whole_ms=100.0, codec_windowed_ms=200.0)]
    rounds.append(answer(800.0, codec_whole_ms=200.0, codec_windowed_ms=400.0))
    results = Results({"int4": ours}, Measured("official", about, {1: rounds}, memory))
    found = {figure.name: figure for figure in engine.figures(results)}
    streamed = found["int4: times faster than official, streamed"]
    assert (streamed.value, streamed.met, streamed.goal_met) == (12.0, True, False)
    assert found["int4: times faster than official, codec in one piece"].value == 10.0
    assert found["official: whole frame, streamed"].value == 900.0
    assert found["official: codec in windows of 25 + 4"].value == 300.0


def test_two_streams_over_one() -> None:
    about = {"frame_ms": 80.0}
    measured = Measured("int4", about, {1: [answer(40.0)], 2: [answer(50.0)]})
    assert measured.throughput(1) == 2.0
    assert measured.throughput(2) == 3.2


def test_without_the_official_package_it_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="make parity"):
        engine.reference_python(tmp_path / "python")


def test_random_weights_are_written_once(tmp_path: Path) -> None:
    folder = random_weights("tiny", tmp_path)
    written = (folder / "model.safetensors").stat().st_mtime_ns
    assert random_weights("tiny", tmp_path) == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == written
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_a_process_that_fails_is_quoted() -> None:
    with (
        Worker("it", [sys.executable, "-c", "raise SystemExit('no such thing')"]) as worker,
        pytest.raises(EngineError, match="it failed:\nno such thing"),
    ):
        worker.wait_ready()


def test_our_own_errors_come_through(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="There is no such folder"):
        engine.measure(Plan(tmp_path / "none", ("none",), (1,)), lambda _what, _steps: None)


@pytest.mark.usefixtures("single")
def test_graphs_are_measured_as_all_else(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on CUDA, with a recorder that a CPU has."""
    monkeypatch.setattr(runner, "recorder_for", EagerRecorder)
    np.save(tmp_path / "clip.npy", hum(1.0))
    with torch.inference_mode():
        subject = Subject(load_model(checkpoint), tmp_path / "clip.npy", 3)
        measured = subject.round(3, 2)
    assert [len(measured[f"{part}_ms"]) for part in ("talker", "predictor", "codec", "step")] == [2] * 4
    assert min(measured["step_ms"]) > 0
