"""A whole soak, in small."""

from __future__ import annotations

from pathlib import Path

import pytest

from makima.bench import run
from makima.bench.soak.holdings import can_tell
from makima.bench.soak.measure import Plan
from makima.bench.soak.measure import run as run_soak


@pytest.mark.slow
@pytest.mark.skipif(not can_tell(), reason="this system does not tell what processes hold")
def test_a_soak_finds_nothing_left_over(tmp_path: Path) -> None:
    assert run.bench_soak(Plan(minutes=0.1, sessions=4), tmp_path)
    assert (tmp_path / "soak-espeak.json").stat().st_size > 1000


@pytest.mark.skipif(not can_tell(), reason="this system does not tell what processes hold")
def test_a_brief_soak_accounts_for_all_and_leaves_nothing() -> None:
    results = run_soak(Plan(brief=True), lambda _: None)
    ledger = results.ledger
    assert ledger.faults == []
    assert sum(ledger.counts.values()) >= 10
    assert results.after.over(results.before) == {}
    assert (results.active_left, results.tasks_left - results.tasks_before) == (0, 0)
    assert results.traces == []
    assert results.exit_status == 0
