"""Runs cases target by target, each in a process of its own, so that a crash or a case that hangs is a result too."""

from __future__ import annotations

import faulthandler
import gc
import json
import logging
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.fuzz.targets import TARGETS, Target, case

HANG_S: Final = 30.0
"""Of a processor, after which a case counts as one that hangs. The slowest takes one."""

MAX_FAILURES: Final = 10
"""Of one target; then its remaining cases are not run."""

WARM_SHARE: Final = 0.3
"""Of a target's cases, after which its memory is taken for settled: caches are full by then."""


class Hang(BaseException):
    """A case has not ended in time. No `except Exception` of what is tested catches it."""


@dataclass(slots=True)
class Result:
    """What running a target gave. `growth_kib` is that of resident memory once it had settled."""

    target: str
    cases: int = 0
    seconds: float = 0.0
    growth_kib: int = 0
    slowest_s: float = 0.0
    slowest: int = 0
    failures: list[str] = field(default_factory=list)


def run_here(target: Target, cases: int, seed: int, seconds: float = 0.0) -> Result:
    """Run up to `cases` of a target in this process, for at most `seconds` unless that is 0."""
    result, settled_kib = Result(target.name), 0
    logging.disable(logging.CRITICAL)
    before = signal.signal(signal.SIGVTALRM, _hang)
    begun_s = time.monotonic()
    try:
        for number in range(cases):
            if result.failures and len(result.failures) >= MAX_FAILURES:
                break
            if seconds and time.monotonic() - begun_s > seconds:
                break
            if number == int(cases * WARM_SHARE):
                settled_kib = resident_kib()
            case_begun_s = time.process_time()
            if failure := _failure(target, number, seed):
                result.failures.append(failure)
            taken_s = time.process_time() - case_begun_s
            if taken_s > result.slowest_s:
                result.slowest_s, result.slowest = taken_s, number
            result.cases += 1
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
        logging.disable(logging.NOTSET)
    result.seconds = time.monotonic() - begun_s
    result.growth_kib = resident_kib() - settled_kib if settled_kib else 0
    return result


def _failure(target: Target, number: int, seed: int) -> str | None:
    """What went wrong in a case."""
    signal.setitimer(signal.ITIMER_VIRTUAL, HANG_S)
    try:
        case(target, number, seed)
    except (Exception, Hang):  # noqa: BLE001 - whatever it is, it is what was looked for
        where = f"{target.name} {number} --seed {seed}"
        return f"{where}\n" + traceback.format_exc(limit=-4)
    return None


def _hang(*_: object) -> None:
    raise Hang


def resident_kib() -> int:
    """The resident memory of this process, once what is garbage is gone."""
    gc.collect()
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() // 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def run_apart(name: str, cases: int, seed: int) -> Result:
    """The same in a process of its own, whose death is a failure."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as place:
        path = Path(place) / "result.json"
        command = (sys.executable, "-m", "tests.fuzz.runner", name, str(cases), str(seed), str(path))
        process = subprocess.run(command, check=False, stderr=subprocess.PIPE, env={**os.environ, "TMPDIR": place})
        if path.exists():
            return Result(**json.loads(path.read_text()))
    said = process.stderr.decode(errors="replace")[-2_000:]
    return Result(name, failures=[f"{name} --seed {seed}: the process ended with {process.returncode}\n{said}"])


def shares(cases: int) -> Sequence[tuple[Target, int]]:
    """How many cases each target gets."""
    return [(target, max(1, round(cases * target.share))) for target in TARGETS]


def _main(name: str, cases: str, seed: str, path: str) -> None:
    faulthandler.enable()
    target = next(each for each in TARGETS if each.name == name)
    result = run_here(target, int(cases), int(seed))
    fields = {slot: getattr(result, slot) for slot in Result.__slots__}
    Path(path).write_text(json.dumps(fields))


if __name__ == "__main__":
    _main(*sys.argv[1:])
