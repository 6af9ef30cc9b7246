"""A whole soak, in small. `make soak` is part of CI."""

from __future__ import annotations

from pathlib import Path

import pytest

from makima.bench import run
from makima.bench.soak.holdings import can_tell
from makima.bench.soak.measure import Plan


@pytest.mark.slow
@pytest.mark.skipif(not can_tell(), reason="this system does not tell what processes hold")
def test_a_soak_finds_nothing_left_over(tmp_path: Path) -> None:
    assert run.bench_soak(Plan(minutes=0.1, sessions=4), tmp_path)
    assert (tmp_path / "soak-espeak.json").stat().st_size > 1000
