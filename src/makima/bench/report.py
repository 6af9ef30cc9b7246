"""Reports of benchmarks: a table against targets, and one line of JSON."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from makima import __version__


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    `target` is the upper limit or, with `at_least`, the lower one; None where there is none. `goal` is stricter.
    """

    name: str
    value: float
    unit: str
    target: float | None = None
    at_least: bool = False
    goal: float | None = None

    @property
    def met(self) -> bool | None:
        return self._reaches(self.target)

    @property
    def goal_met(self) -> bool | None:
        return self._reaches(self.goal)

    def as_json(self) -> dict[str, object]:
        """The figure as JSON; direction and goal only where there are any."""
        said: dict[str, object] = {"value": round(self.value, 3), "unit": self.unit, "target": self.target}
        if self.at_least:
            said["atLeast"] = True
        if self.goal is not None:
            said["goal"] = self.goal
        return said

    def limit(self, bound: float | None) -> str:
        """A target or goal, as printed in the table."""
        return "" if bound is None else f"{'≥' if self.at_least else '≤'} {bound:g}"

    def _reaches(self, bound: float | None) -> bool | None:
        if bound is None:
            return None
        return self.value >= bound if self.at_least else self.value <= bound


PERCENTILES = ("p50", "p95", "p99")


def print_table(title: str, figures: Sequence[Figure], console: Console) -> None:
    """Print the figures beside their targets and goals. Percentiles of one quantity share a row."""
    rows: dict[str, dict[str, Figure]] = {}
    for figure in figures:
        name, _, last = figure.name.rpartition(", ")
        of, column = (name, last) if last in PERCENTILES else (figure.name, "")
        rows.setdefault(of, {})[column] = figure
    columns = [p for p in PERCENTILES if any(p in row for row in rows.values())]
    goals = any(figure.goal is not None for figure in figures)
    table = Table(title=title, title_justify="left")
    table.add_column("Figure")
    for column in ("Measured", *columns[1:], "Unit", "Target", *(["Goal"] if goals else [])):
        table.add_column(column.replace("Measured", "p50" if columns else column), justify="right")
    table.add_column("")
    for name, row in rows.items():
        values = [row.get("") or row.get("p50"), *(row.get(p) for p in columns[1:])]
        measured = ["" if value is None else f"{value.value:.2f}" for value in values]
        limits = [", ".join(figure.limit(figure.target) for figure in row.values() if figure.target is not None)]
        if goals:
            limits.append(", ".join(figure.limit(figure.goal) for figure in row.values() if figure.goal is not None))
        verdict = ", ".join(filter(None, map(_verdict, row.values())))
        table.add_row(name, *measured, next(iter(row.values())).unit, *limits, verdict)
    console.print(table)


def _verdict(figure: Figure) -> str:
    words = []
    if figure.met is not None:
        words.append("[green]met[/]" if figure.met else "[red]missed[/]")
    if figure.goal_met is not None:
        words.append("[green]goal met[/]" if figure.goal_met else "[yellow]short of the goal[/]")
    return ", ".join(words)


def json_line(what: str, figures: Sequence[Figure], settings: Mapping[str, object]) -> str:
    """The results as one line of JSON, with machine and commit."""
    return json.dumps(
        {
            "what": what,
            "version": __version__,
            "commit": commit(),
            "machine": machine(),
            "settings": dict(settings),
            "figures": {figure.name: figure.as_json() for figure in figures},
        },
        ensure_ascii=False,
    )


def machine() -> str:
    """The processor, the number of cores, the system, and the version of Python."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line]
        name = names[0] if names else name
    return f"{name}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def commit() -> str | None:
    """The commit that this is, where it is a checkout of git."""
    try:
        found = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607 - the one on the path
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.stdout.strip()
