"""The benchmark of voices, on a tiny model: that it measures, not what."""

from __future__ import annotations

from pathlib import Path

import pytest

from makima.bench.qwen3.voices import Plan, measure
from makima.errors import InvalidMessage
from tests.support.models.checkpoints import write_checkpoint
from tests.support.models.torch_threads import one_thread

_one_thread = pytest.fixture(scope="module", autouse=True)(one_thread)


def test_it_measures(tmp_path: Path) -> None:
    steps: list[str] = []
    figures = measure(Plan(write_checkpoint(tmp_path / "model"), "cpu", "none", rounds=3), steps.append)
    assert {"learning", "from the disk", "changing voices", "comparing"} <= set(steps)
    found = {figure.name: figure for figure in figures}
    assert found["change to it, p95"].target == 5.0
    assert -1 <= found["similarity of the clone"].value <= 1
    assert all(figure.value > 0 for figure in figures if figure.unit == "ms")


def test_a_model_that_clones_nothing(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "model", "custom_voice")
    with pytest.raises(InvalidMessage, match="clones no voices"):
        measure(Plan(folder, "cpu", "none"), lambda _: None)
