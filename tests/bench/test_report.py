"""Tables and JSON lines."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from makima.bench.report import Figure, json_line, print_table


@pytest.mark.parametrize(
    ("figure", "met", "goal_met"),
    [
        (Figure("a", 5.0, "ms"), None, None),
        (Figure("a", 5.0, "ms", 5.0), True, None),
        (Figure("a", 5.1, "ms", 5.0), False, None),
        (Figure("a", 8.0, "x", 8.0, at_least=True, goal=13.0), True, False),
        (Figure("a", 7.9, "x", 8.0, at_least=True), False, None),
        (Figure("a", 0.9, "", goal=1.0), None, True),
    ],
)
def test_targets_and_goals(figure: Figure, met: bool | None, goal_met: bool | None) -> None:
    assert (figure.met, figure.goal_met) == (met, goal_met)


def shown(*figures: Figure) -> list[list[str]]:
    console = Console(file=io.StringIO(), width=200)
    print_table("title", figures, console)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    return [[cell.strip() for cell in line.strip("│┃").replace("┃", "│").split("│")] for line in lines if "│" in line]


def test_percentiles_share_a_row() -> None:
    rows = shown(
        Figure("first audio, p50", 10.0, "ms", 30.0),
        Figure("first audio, p95", 70.0, "ms", 60.0),
        Figure("first audio, p99", 80.0, "ms"),
        Figure("over the engine", 1.2, "x", 1.3),
    )
    assert rows[-2:] == [
        ["first audio", "10.00", "70.00", "80.00", "ms", "≤ 30, ≤ 60", "met, missed"],
        ["over the engine", "1.20", "", "", "x", "≤ 1.3", "met"],
    ]


def test_goals_have_a_column_where_there_are_any() -> None:
    (row,) = shown(Figure("speed", 9.0, "x", 8.0, at_least=True, goal=13.0))
    assert row == ["speed", "9.00", "x", "≥ 8", "≥ 13", "met, short of the goal"]


def test_the_json_line() -> None:
    line = json_line("engine", [Figure("speed", 9.0, "x", 8.0, at_least=True, goal=13.0)], {"frames": 3})
    said = json.loads(line)
    assert "\n" not in line
    assert said.keys() == {"what", "version", "commit", "machine", "settings", "figures"}
    assert said["settings"] == {"frames": 3}
    assert said["figures"] == {"speed": {"value": 9.0, "unit": "x", "target": 8.0, "atLeast": True, "goal": 13.0}}
