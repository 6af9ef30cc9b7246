"""`makima bench` with what it cannot do."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from makima.bench import run
from makima.bench.qwen3.engine import Plan
from makima.cli.app import app
from makima.errors import MakimaError


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--sessions", "0"], "--sessions: '0' is no list of numbers from 1 on."),
        (["--texts", "huge"], "--texts: There is no text 'huge'. Take some of: short, medium, long."),
        (["-e", "nonsense"], "--engine: There is no engine 'nonsense'."),
        (["engine", "--quantize", "int3"], "'int3' is not known. Take some of: none, int8-pytorch, bfloat16,"),
        (["engine", "--streams", "one"], "--streams: 'one' is no list of numbers"),
        (["engine", "--model", "no/such/folder"], "or measure with --random-weights."),
        (["engine", "--random-weights", "--against-official"], "`make parity` makes one."),
        (["voices", "--size", "huge"], "--size: 'huge' is not known."),
        (["--against-official"], "`make parity` makes one."),
    ],
)
def test_errors_are_a_sentence(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["bench", *arguments])
    assert isinstance(result.exception, MakimaError)
    assert said in str(result.exception)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("device", "variants"), [("cpu", ("none", "int8-pytorch", "int4")), ("cuda:0", ("none",))])
def test_the_variants_that_a_device_has(
    device: str, variants: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans: list[Plan] = []
    monkeypatch.setattr(run, "weights", lambda model, size: tmp_path)
    monkeypatch.setattr(run, "bench_engine", lambda plan, folder: plans.append(plan))
    CliRunner().invoke(app, ["bench", "engine", "--device", device], catch_exceptions=False)
    assert [(plan.device, plan.variants) for plan in plans] == [(device, variants)]
