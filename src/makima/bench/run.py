"""`makima bench`: runs a benchmark, prints its results and writes them to a folder."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from makima import installation
from makima.bench import listen, plots, report
from makima.bench.qwen3 import engine
from makima.bench.qwen3.weights import random_weights
from makima.bench.soak import figures as soak_figures
from makima.bench.soak import measure as soak
from makima.bench.soak.holdings import settled_from_s
from makima.bench.sockets import capacity, fair, server
from makima.bench.text import cases
from makima.bench.text import run as read_text
from makima.bench.words import measure as words
from makima.config import Settings
from makima.console import out, status
from makima.errors import AssetError
from makima.models import hub

if TYPE_CHECKING:  # it imports PyTorch, which the other benchmarks never load in this process
    from makima.bench.qwen3.voices import Plan as VoicesPlan

PRINT_EVERY_S: Final = 1.0


def bench_server(plan: server.Plan, out_dir: Path) -> None:
    """Measure the server, print a table and a JSON line, and write the line and a plot to `out_dir`.

    Raises: EngineError where the server does not start
    """
    with _progress(f"starting the server with {plan.engine}", plan.steps) as on_step:
        results = server.run(plan, on_step)
    figures = server.figures(plan, results)
    line = report.json_line("server", figures, asdict(plan))
    _keep(out_dir, "server", f"{plan.engine} over real sockets", figures, line)
    if _can_draw():
        title = f"{plan.engine}: first audio at the client"
        plots.distributions(out_dir / "server.png", title, server.drawn_series(results), "ms")


def bench_engine(plan: engine.Plan, out_dir: Path) -> None:
    """Measure the engine without a server, with the same output as `bench_server`.

    Raises: EngineError where a measured process fails; AssetError, ConfigError
    """
    with _progress("starting", plan.steps) as on_step:
        results = engine.measure(plan, on_step)
    figures = engine.figures(results)
    line = report.json_line("engine", figures, engine.settings(plan, results))
    title = f"Voice cloned in ICL from {engine.CLIP_S:g} s, streamed frame by frame; {plan.folder.name}"
    _keep(out_dir, "engine", title, figures, line)
    if _can_draw():
        throughput = {
            name: {streams: measured.throughput(streams) for streams in sorted(measured.rounds)}
            for name, measured in results.ours.items()
        }
        frame_ms = next(iter(results.ours.values())).about["frame_ms"]
        path = out_dir / "engine.png"
        plots.frame_times(path, plan.folder.name, engine.drawn_parts(results), frame_ms, throughput)


def bench_voices(plan: VoicesPlan, out_dir: Path) -> None:
    """Measure enrolment and change of voices, print a table and a JSON line, and write the line to `out_dir`.

    Raises: AssetError; InvalidMessage where the model does not clone voices
    """
    from makima.bench.qwen3 import voices

    with status.status("starting ...") as news:
        figures = voices.measure(plan, lambda what: news.update(f"{what} ..."))
    line = report.json_line("voices", figures, {**asdict(plan), "folder": plan.folder.name})
    _keep(out_dir, "voices", f"Voices of {plan.folder.name}", figures, line)


def bench_listen(plan: listen.Plan, settings: Settings, out_dir: Path) -> None:
    """Measure the recognisers, with the same output as `bench_server` except for the plot.

    Raises: AssetError
    """
    with _progress("speaking") as on_step:
        results = listen.measure(plan, settings, on_step)
    figures = listen.figures(results)
    line = report.json_line("listen", figures, {**asdict(plan), "recognizers": list(results)})
    _keep(out_dir, "listen", f"{plan.sentences} sentences of the embedded voice", figures, line)


def bench_words(plan: words.Plan, settings: Settings, out_dir: Path) -> None:
    """Measure how much of what engines say is understood, and do as `bench_server` does.

    Raises: AssetError; SynthesisFailed
    """
    with _progress("starting") as on_step:
        rows = words.measure(plan, settings, on_step)
    figures = words.figures(rows)
    line = report.json_line("words", figures, asdict(plan))
    _keep(out_dir, "words", "What is understood of what is said", figures, line)
    heard = [f"{row.name}\t{said}\t{text}" for row in rows for said, text in row.misheard]
    (out_dir / "words-misheard.tsv").write_text("\n".join(heard) + "\n")
    if _can_draw():
        rates: dict[str, dict[str, float]] = {}
        for row in rows:
            of = rates.setdefault(f"{row.engine} {row.voice}, heard by {row.recognizer}", {})
            of[row.language] = 100 * row.errors.rate
        plots.misheard(out_dir / "words.png", "Misheard", rates)


def bench_text(folder: Path | None, show: bool, out_dir: Path) -> None:
    """Read our own cases and those of `folder`, and do as `bench_server` does, but for the plot.

    `show`: print what is read in another way than the cases say.

    Raises: AssetError where there are no cases in the folder
    """
    sets = {"own cases": cases.own_cases()}
    if folder is not None:
        sets[folder.name] = cases.cases_in(folder)
    found: dict[str, read_text.Read] = {}
    with _progress("reading", sum(map(len, sets.values()))) as on_step:
        for name, given in sets.items():
            found[name] = read_text.read(given, partial(on_step, name))
    figures = [figure for name, each in found.items() for figure in read_text.figures(name, each)]
    figures.append(report.Figure("plain sentence", read_text.plain_us(), "µs", read_text.PLAIN_US))
    if show:
        for each in found.values():
            for case, said in each.others:
                out.print(f"{case.language}: {case.text} → {said} ({' | '.join(case.readings)})", markup=False)
    line = report.json_line("text", figures, {"cases": {name: len(given) for name, given in sets.items()}})
    _keep(out_dir, "text", "Texts read right", figures, line)


def bench_soak(plan: soak.Plan, out_dir: Path) -> bool:
    """Soak a server, with the same output as `bench_server`. Returns whether all targets were met.

    Raises: AssetError; EngineError where the server does not start, or ends by itself
    """
    with _progress(f"soaking a server with {plan.engine}") as on_step:
        results = soak.run(plan, on_step)
    figures = soak_figures.figures(plan, results)
    line = report.json_line("soak", figures, asdict(plan))
    name = f"soak-{plan.engine}"
    _keep(out_dir, name, f"{plan.sessions} sessions over {plan.engine}, {plan.minutes:g} minutes", figures, line)
    for fault in (*results.ledger.faults, *results.traces):
        out.print(fault, style="red", highlight=False, markup=False)
    samples = results.watch.samples
    if samples and _can_draw():
        series = {
            "the server and its helpers": [sample.all_mib for sample in samples],
            "the server alone": [sample.own_mib for sample in samples],
        }
        at_s = [sample.at_s for sample in samples]
        plots.memory(out_dir / f"{name}.png", f"{plan.engine}: memory", at_s, series, settled_from_s(at_s[-1]))
    return all(figure.met is not False for figure in figures)


def bench_fair(plan: fair.Plan, out_dir: Path) -> None:
    """Measure an honest client beside greedy ones, with the same output as `bench_server` except for the plot.

    Raises: EngineError where the server does not start
    """
    with _progress(f"starting the server with {plan.engine}") as on_step:
        results = fair.run(plan, on_step)
    figures = fair.figures(results)
    line = report.json_line("fair", figures, asdict(plan))
    _keep(out_dir, "fair", f"An honest client beside {plan.greedy} greedy ones, {plan.engine}", figures, line)


def bench_capacity(plan: capacity.Plan, out_dir: Path) -> None:
    """Measure a server that is full, and one that many more want to use; the same output as `bench_fair`.

    Raises: EngineError where the server does not start, or tells no capacity
    """
    with _progress(f"starting the server with {plan.engine}") as on_step:
        results = capacity.run(plan, on_step)
    figures = capacity.figures(plan, results)
    line = report.json_line("capacity", figures, asdict(plan))
    _keep(
        out_dir, "capacity", f"A server that is full, and {plan.times} x as many clients, {plan.engine}", figures, line
    )


def weights(model: str, size: str | None) -> Path:
    """The folder of a model, or of random weights of `size`.

    Raises: AssetError where the model is not on this machine; EngineError
    """
    if size is not None:
        with status.status(f"Random weights of the size {size}: written once, gigabytes of them ..."):
            return random_weights(size)
    folder = hub.find(model)
    if folder is None:
        missing = hub.missing(model)
        raise AssetError(missing.asset, missing.message, mend=f"{missing.mend}, or measure with --random-weights.")
    return folder


def best_device() -> str:
    """The device that `auto` selects here. A separate process finds it, as this one never loads PyTorch."""
    ask = "import torch; print('cuda:0' if torch.cuda.is_available() else 'cpu')"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "cpu"


class _OnStep(Protocol):
    def __call__(self, what: str, steps: int = 1) -> None: ...


@contextmanager
def _progress(first: str, total: int | None = None) -> Iterator[_OnStep]:
    """Shows what is measured: a bar, or where no terminal is, a line of each step, one a second at most."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    told_s, done = -PRINT_EVERY_S, 0
    with Progress(*columns, TimeElapsedColumn(), console=status, transient=True) as progress:
        task = progress.add_task(first, total=total)

        def on_step(what: str, steps: int = 1) -> None:
            nonlocal told_s, done
            done += steps
            progress.update(task, description=what, advance=steps)
            if not status.is_terminal and (now_s := time.monotonic()) >= told_s + PRINT_EVERY_S:
                told_s = now_s
                status.print(f"{done}{'' if total is None else f'/{total}'} {what}", highlight=False, markup=False)

        on_step(first, 0)
        yield on_step


def _keep(out_dir: Path, name: str, title: str, figures: Sequence[report.Figure], line: str) -> None:
    report.print_table(title, figures, out)
    out_dir.mkdir(parents=True, exist_ok=True)
    (out_dir / f"{name}.json").write_text(line + "\n")
    out.print(line, soft_wrap=True, highlight=False, markup=False)


def _can_draw() -> bool:
    if not plots.can_draw():
        status.print(f"No plot: matplotlib is not installed. {installation.run_install('bench')}", markup=False)
    return plots.can_draw()
