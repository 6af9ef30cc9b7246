"""A long book by `makima book`, killed on its way: pace, memory over time, and whether what comes out is right."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import av

from makima.bench.made_up_book import chapters, markdown
from makima.errors import AssetError
from makima.jobs.store import JobStore

SAMPLE_S: Final = 5.0
PROC: Final = Path("/proc")


@dataclass(slots=True)
class Seen:
    """What was measured of all runs of the command."""

    runs: int = 0
    took_s: float = 0.0
    memory_mib: list[tuple[float, float]] = field(default_factory=list)
    """Share of the text that is spoken, and the memory of the command with its children."""


def bench_book(words: int, count: int, engine: str, form: str, kills: int) -> dict[str, Any]:
    """Measure, print one line of JSON, and return it. Raises: AssertionError where what comes out is wrong"""
    made = chapters(words, count)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "book.md").write_text(markdown(made), encoding="utf-8")
        seen = Seen()
        for number in range(kills):
            _run(folder, engine, form, seen, kill_at=(number + 1) / (kills + 1))
        _run(folder, engine, form, seen, kill_at=None)
        found = {"engine": engine, "words": words, "kills": kills, **_figures(folder, form, made, seen)}
    print(json.dumps(found))
    return found


def _run(folder: Path, engine: str, form: str, seen: Seen, kill_at: float | None) -> None:
    command = [sys.executable, "-m", "makima", "book", "book.md", "-o", f"book.{form}", "-e", engine, "-w", "json"]
    begun_s = time.monotonic()
    seen.runs += 1
    with subprocess.Popen(command, cwd=folder) as process:
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(SAMPLE_S)
                break
            share = _share(folder, form)
            seen.memory_mib.append((share, memory_mib(process.pid)))
            if kill_at is not None and share >= kill_at:
                process.kill()
    seen.took_s += time.monotonic() - begun_s
    assert kill_at is not None or process.returncode == 0, f"it ended with {process.returncode}"


def _share(folder: Path, form: str) -> float:
    work = folder / f".book.{form}.makima"
    if not (work / "jobs.db").exists():
        return 0.0
    try:
        store = JobStore(work)
    except AssetError:  # the command has come to its end, and is deleting the folder
        return 1.0
    try:
        jobs = store.jobs()
        return jobs[0].characters_done / jobs[0].characters if jobs else 0.0
    finally:
        store.close()


def memory_mib(pid: int) -> float:
    """The resident memory of a process and of what it has started, without files that are mapped."""
    total = 0.0
    for each in _tree(pid):
        with contextlib.suppress(OSError, StopIteration):
            lines = (PROC / str(each) / "status").read_text().splitlines()
            total += next(float(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024
    return total


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in (PROC / str(pid) / "task").glob("*"):
        with contextlib.suppress(OSError):
            for child in (task / "children").read_text().split():
                yield from _tree(int(child))


def _figures(folder: Path, form: str, made: Mapping[str, list[str]], seen: Seen) -> dict[str, Any]:
    said = json.loads((folder / "book.json").read_text(encoding="utf-8"))
    texts = [text for chapter in said["chapters"] for text in chapter["texts"]]
    words = [word for text in texts for word in text["words"]]
    expected = " ".join(
        f"{name} " + " ".join(f"{text} Then it was over." for text in paragraphs) for name, paragraphs in made.items()
    )
    assert [word["text"] for word in words] == expected.split(), "words are lost, or said twice"
    times = [at for word in words for at in (word["startMs"], word["endMs"])]
    assert times == sorted(times), "the times of words go back"
    with av.open(str(folder / f"book.{form}")) as book:
        marks = [each["metadata"]["title"] for each in book.chapters()]
        starts = [round(float(each["start"] * (each["time_base"] or 0)) * 1000) for each in book.chapters()]
        audio_s = float(book.duration or 0) / 1e6
    if form != "wav":
        assert marks == list(made), "the chapters are wrong"
        assert all(abs(a - b["startMs"]) <= 50 for a, b in zip(starts, said["chapters"], strict=True))
    assert abs(audio_s * 1000 - said["durationMs"]) < 200, "the file is of another length"
    early = [mib for share, mib in seen.memory_mib if 0.02 <= share <= 0.2]
    late = [mib for share, mib in seen.memory_mib if 0.8 <= share < 1.0]
    writing = [mib for share, mib in seen.memory_mib if share >= 1.0]
    return {
        "chapters": len(made),
        "wordsTimed": len(words),
        "audioHours": round(audio_s / 3600, 2),
        "tookMinutes": round(seen.took_s / 60, 1),
        "realTimeFactor": round(seen.took_s / audio_s, 4),
        "fileMB": round(os.path.getsize(folder / f"book.{form}") / 1e6, 1),
        "memoryMiB": {"early": _mean(early), "late": _mean(late), "writing": _mean(writing), "most": _most(seen)},
    }


def _mean(values: list[float]) -> float | None:
    return round(sum(values) / len(values), 1) if values else None


def _most(seen: Seen) -> float | None:
    return round(max(mib for _, mib in seen.memory_mib), 1) if seen.memory_mib else None
