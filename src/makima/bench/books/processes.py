"""What a process costs with all that it has started, from `/proc`."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
MIB: Final = 1024.0
"""Of the KiB that the system counts in."""

# utime, stime, cutime and cstime, counted from what stands behind the name of the command.
_TIMES: Final = slice(11, 15)


def memory_mib(pid: int) -> float:
    """The resident memory, without files that are mapped."""
    total = 0.0
    for each in _tree(pid):
        with contextlib.suppress(OSError, StopIteration):
            lines = (PROC / str(each) / "status").read_text().splitlines()
            total += next(float(line.split()[1]) for line in lines if line.startswith("RssAnon")) / MIB
    return total


def processor_s(pid: int) -> float:
    """The processor time so far, with that of children that have ended."""
    ticks = 0
    for each in _tree(pid):
        with contextlib.suppress(OSError):
            fields = (PROC / str(each) / "stat").read_text().rpartition(")")[2].split()
            ticks += sum(int(field) for field in fields[_TIMES])
    return ticks / os.sysconf("SC_CLK_TCK")


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in (PROC / str(pid) / "task").glob("*"):
        with contextlib.suppress(OSError):
            for child in (task / "children").read_text().split():
                yield from _tree(int(child))
