"""The short form of `make fuzz`: the same cases every time, a few hundred of the quick targets."""

from __future__ import annotations

from random import Random

import pytest

from tests.fuzz import generators, runner
from tests.fuzz.runner import MAX_FAILURES, run_apart, run_here
from tests.fuzz.targets import TARGETS, Target

CASES = 4_000
"""Of all targets together, a second or two."""
MOST = 400
"""Of one target."""


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_no_case_fails(target: Target) -> None:
    cases = min(MOST, max(3, round(CASES * target.share)))
    result = run_here(target, cases, seed=0)
    assert result.cases == cases
    assert not result.failures, "\n".join(result.failures)


def test_a_case_is_known_by_its_number() -> None:
    made = [[generators.encoded(Random(seed), generators.value(Random(seed))) for seed in range(50)] for _ in range(2)]
    assert made[0] == made[1]


def _failing(function: str) -> Target:
    return Target("failing", "test_fuzz", function, 1.0)


def fails(random: Random) -> None:
    raise ValueError(random.random())


def hangs(_: Random) -> None:
    while True:
        pass


def test_what_a_case_raises_is_a_failure() -> None:
    result = run_here(_failing("fails"), 50, seed=0)
    assert len(result.failures) == result.cases == MAX_FAILURES
    assert "ValueError" in result.failures[0]


def test_a_case_that_does_not_end_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "HANG_S", 0.05)
    result = run_here(_failing("hangs"), 1, seed=0)
    assert "Hang" in result.failures[0]


def test_a_process_that_dies_is_a_failure() -> None:
    result = run_apart("no such target", 1, seed=0)
    assert "ended with 1" in result.failures[0]
