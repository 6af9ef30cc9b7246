"""An honest client beside greedy ones: every kind, in small."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from makima.bench import run
from makima.bench.sockets.fair import Measured, Plan, figures
from makima.bench.sockets.greedy import KINDS
from makima.errors import ConfigError


def test_every_kind_is_measured(tmp_path: Path) -> None:
    run.bench_fair(Plan("fake", greedy=2, rounds=2, settle_s=0.2), tmp_path)
    found = json.loads((tmp_path / "fair.json").read_text())["figures"]
    for kind in KINDS:
        for when in ("alone", "while they begin", "then"):
            assert found[f"{kind}: first audio {when}, median"]["value"] > 0
            assert found[f"{kind}: /health {when}, most"]["value"] > 0
        assert found[f"{kind}: first audio over alone, median"]["target"] == 1.2


def test_the_ratio_is_that_of_the_medians() -> None:
    alone, then = Measured([10.0, 10.0, 90.0], [1.0]), Measured([15.0, 15.0, 15.0], [1.0])
    (over,) = [figure for figure in figures({"stalls": (alone, Measured(), then)}) if figure.unit == "x"]
    assert over.value == pytest.approx(1.5)
    assert over.met is False


def test_a_kind_there_is_not() -> None:
    with pytest.raises(ConfigError, match="--kinds"):
        Plan(kinds=("polite",))
