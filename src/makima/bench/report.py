"""How a benchmark tells its results: a table against targets, one JSON line, a plot."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from makima import __version__


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number. `target` is the most it may be, or None where there is none."""

    name: str
    value: float
    unit: str
    target: float | None = None

    @property
    def met(self) -> bool | None:
        return None if self.target is None else self.value <= self.target


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Median, 95th and 99th percentile of `values`."""
    p50, p95, p99 = np.percentile(np.asarray(values), (50, 95, 99))
    return {"p50": float(p50), "p95": float(p95), "p99": float(p99)}


def print_table(title: str, figures: Sequence[Figure], console: Console) -> None:
    """The figures, each next to its target."""
    table = Table(title=title, title_justify="left")
    table.add_column("Figure")
    table.add_column("Measured", justify="right")
    table.add_column("Target", justify="right")
    table.add_column("")
    verdicts = {True: "[green]met[/]", False: "[red]missed[/]", None: ""}
    for figure in figures:
        target = "" if figure.target is None else f"≤ {figure.target:g} {figure.unit}".rstrip()
        table.add_row(figure.name, f"{figure.value:.2f} {figure.unit}".rstrip(), target, verdicts[figure.met])
    console.print(table)


def json_line(what: str, figures: Sequence[Figure], settings: Mapping[str, object]) -> str:
    """Everything on one line, with machine and commit."""
    return json.dumps(
        {
            "what": what,
            "version": __version__,
            "commit": _commit(),
            "machine": machine(),
            "settings": dict(settings),
            "figures": {f.name: {"value": round(f.value, 3), "unit": f.unit, "target": f.target} for f in figures},
        },
        ensure_ascii=False,
    )


def machine() -> str:
    """The processor and its cores, as the system names them."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line]
        name = names[0] if names else name
    return f"{name}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def save_plot(path: Path, title: str, series: Mapping[str, Sequence[float]], unit: str) -> bool:
    """Draw how each series is distributed. False where matplotlib is not installed (`makima[bench]`)."""
    if find_spec("matplotlib") is None:
        return False
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 4.5), layout="constrained")
    for name, values in series.items():
        ordered = np.sort(np.asarray(values))
        axes.plot(ordered, np.linspace(0, 100, len(ordered)), label=name, drawstyle="steps-post")
    axes.set(title=title, xlabel=unit, ylabel="per cent at most", xlim=(0, None), ylim=(0, 100))
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
    return True


def _commit() -> str | None:
    try:
        found = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.stdout.strip()
