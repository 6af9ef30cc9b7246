"""`makima bench`: run, show, keep."""

from __future__ import annotations

from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from makima.bench import report, server
from makima.console import out, status


def bench_server(engine: str, sessions: int, rounds: int, out_dir: Path) -> None:
    """Measure the server, print a table and a JSON line, and write both the line and a plot to `out_dir`.

    Raises: EngineError where the server does not come up.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=status, transient=True) as progress:
        figures, samples = server.run(engine, sessions, rounds, progress)
    report.print_table(f"{sessions} sessions at once, {len(server.TEXT)} characters each", figures, out)
    line = report.json_line("server", figures, {"engine": engine, "sessions": sessions, "rounds": rounds})
    out_dir.mkdir(parents=True, exist_ok=True)
    (out_dir / "server.json").write_text(line + "\n")
    drawn = report.save_plot(
        out_dir / "server.png",
        f"{engine}: first audio at the client, {sessions} sessions at once",
        {"first audio": samples.first_audio_ms, "all spoken": samples.round_ms, "engine alone": samples.engine_ms},
        "ms",
    )
    out.print(line, soft_wrap=True, highlight=False, markup=False)
    if not drawn:
        status.print("No plot: matplotlib is not installed. Run: pip install 'makima[bench]'")
