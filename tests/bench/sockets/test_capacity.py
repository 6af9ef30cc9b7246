"""A server that is full: what is made of what was measured."""

from __future__ import annotations

import pytest

from makima.bench.sockets.capacity import Measured, Plan, figures


def test_the_figures_compare_full_with_beyond() -> None:
    full, beyond = Measured([10.0, 20.0, 30.0]), Measured([25.0, 30.0, 35.0], [5.0, 10.0], failed=1)
    found = {figure.name: figure for figure in figures(Plan(times=5), (3, full, beyond))}
    assert found["first audio over that at capacity, median"].value == pytest.approx(1.5)
    assert found["first audio over that at capacity, median"].met is False
    assert found["refused after, p50"].met
    assert found["15 clients: without an end as promised"].met is False


def test_where_all_were_admitted_nothing_is_said_of_refusals() -> None:
    names = [figure.name for figure in figures(Plan(), (2, Measured([1.0]), Measured([1.0])))]
    assert not [name for name in names if name.startswith("refused")]
