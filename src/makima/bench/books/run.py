"""A long book by `makima book`, killed on its way: pace, memory over time, and whether what comes out is right."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from makima.bench import plots
from makima.bench.books.alone import Alone, speak_alone
from makima.bench.books.checks import Found, check_files
from makima.bench.books.processes import memory_mib, processor_s
from makima.bench.made_up_book import chapters, markdown
from makima.bench.report import commit, machine
from makima.config import Settings
from makima.errors import AssetError
from makima.jobs.job import Job
from makima.jobs.store import JobStore

SAMPLE_S: Final = 5.0
ALONE_S: Final = 60.0
MINUTE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What was seen of the command at one moment. `share` is of the text; `encoded` of the file, once that is written.

    Units: at_s from the start of the first run
    """

    at_s: float
    share: float
    encoded: float
    memory_mib: float
    processor_s: float


@dataclass(slots=True)
class Seen:
    """What was measured of all runs of the command. `spoken_s`: how long the job says that its speaking took."""

    begun_s: float = field(default_factory=time.monotonic)
    samples: list[Sample] = field(default_factory=list)
    ends_s: list[float] = field(default_factory=list)
    processor_s: float = 0.0
    spoken_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """The book, and how it is made of the text."""

    words: int
    chapters: int
    form: str
    kills: int


def bench_book(plan: Plan, settings: Settings, out_dir: Path | None = None) -> dict[str, Any]:
    """Measure, print one line of JSON, and return it; a plot and the line stay in `out_dir`.

    Raises: AssertionError where what comes out is wrong
    """
    made = chapters(plan.words, plan.chapters)
    alone = speak_alone(settings, (text for texts in made.values() for text in texts), ALONE_S)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "book.md").write_text(markdown(made), encoding="utf-8")
        seen = Seen()
        for number in range(plan.kills):
            _run(folder, settings.engine, plan.form, seen, kill_at=(number + 1) / (plan.kills + 1))
        _run(folder, settings.engine, plan.form, seen, kill_at=None)
        book = folder / f"book.{plan.form}"
        found = check_files(book, folder / "book.json", made)
        figures = {"engine": settings.engine, **asdict(plan), **_figures(found, seen, alone)}
        figures["fileMB"] = round(os.path.getsize(book) / 1e6, 1)
    line = json.dumps({**figures, "commit": commit(), "machine": machine()})
    print(line)
    if out_dir is not None:
        _keep(out_dir, f"book-{settings.engine}", line, seen)
    return figures


def _run(folder: Path, engine: str, form: str, seen: Seen, kill_at: float | None) -> None:
    command = [sys.executable, "-m", "makima", "book", "book.md", "-o", f"book.{form}", "-e", engine, "-w", "json"]
    spent_s = 0.0
    with subprocess.Popen(command, cwd=folder) as process:
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(SAMPLE_S)
                break
            spent_s = max(spent_s, processor_s(process.pid))
            job = _job(folder, form)
            share = job.characters_done / job.characters if job is not None else 0.0
            encoded = job.encoded if job is not None else 0.0
            seen.spoken_s = max(seen.spoken_s, job.spoken_s if job is not None else 0.0)
            at_s = time.monotonic() - seen.begun_s
            seen.samples.append(Sample(at_s, share, encoded, memory_mib(process.pid), seen.processor_s + spent_s))
            if kill_at is not None and share >= kill_at:
                process.kill()
    seen.processor_s += spent_s
    seen.ends_s.append(time.monotonic() - seen.begun_s)
    assert kill_at is not None or process.returncode == 0, f"it ended with {process.returncode}"


def _job(folder: Path, form: str) -> Job | None:
    work = folder / f".book.{form}.makima"
    if not (work / "jobs.db").exists():
        return None
    try:
        store = JobStore(work)
    except AssetError:  # the command has come to its end, and is deleting the folder
        return None
    try:
        return next(iter(store.jobs()), None)
    except AssetError:
        return None
    finally:
        store.close()


def _figures(found: Found, seen: Seen, alone: Alone) -> Mapping[str, Any]:
    speaking = [each for each in seen.samples if 0.0 < each.share < 1.0]
    tenths = [[each.memory_mib for each in speaking if int(each.share * 10) == tenth] for tenth in range(10)]
    writing = [each.memory_mib for each in seen.samples if each.encoded > 0.0]
    took_s = seen.ends_s[-1]
    return {
        "wordsTimed": found.words,
        "exact": found.exact,
        "wordsWithSound": round(found.words_with_sound, 4),
        "pausesSilent": round(found.pauses_silent, 4),
        "audioHours": round(found.audio_s / 3600, 2),
        "tookMinutes": round(took_s / MINUTE_S, 1),
        "speakingMinutes": round(seen.spoken_s / MINUTE_S, 1),
        "realTimeFactor": round(took_s / found.audio_s, 4),
        "speakingRealTimeFactor": round(seen.spoken_s / found.audio_s, 4),
        "engineAloneRealTimeFactor": round(alone.took_s / max(1e-9, alone.audio_s), 4),
        "processorPerAudio": round(seen.processor_s / found.audio_s, 4),
        "engineAloneProcessorPerAudio": round(alone.processor_s / max(1e-9, alone.audio_s), 4),
        "memoryMiB": {
            "tenths": [_mean(values) for values in tenths],
            "writing": _mean(writing),
            "most": round(max((each.memory_mib for each in seen.samples), default=0.0), 1),
        },
        "load": round(os.getloadavg()[2], 1),
    }


def _mean(values: list[float]) -> float | None:
    return round(sum(values) / len(values), 1) if values else None


def _keep(out_dir: Path, name: str, line: str, seen: Seen) -> None:
    out_dir.mkdir(parents=True, exist_ok=True)
    (out_dir / f"{name}.json").write_text(line + "\n", encoding="utf-8")
    if plots.can_draw():
        minutes = [each.at_s / MINUTE_S for each in seen.samples]
        series = {"memory, MiB": [each.memory_mib for each in seen.samples]}
        done = [100 * each.share for each in seen.samples]
        written = [100 * each.encoded for each in seen.samples]
        plots.over_time(
            out_dir / f"{name}.png",
            name,
            minutes,
            series,
            {"spoken": done, "written": written},
            {"kill -9": [at_s / MINUTE_S for at_s in seen.ends_s[:-1]]},
        )
