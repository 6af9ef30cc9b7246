"""What a process and its children hold: memory, threads, processes, descriptors. From `/proc`, as Linux has it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

PROC = Path("/proc")
SETTLED_S = 180.0
"""Until then caches and pools fill."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """Counts of a process. Descriptors are its own, sockets among them; threads too; processes are its children."""

    threads: int
    processes: int
    descriptors: int
    sockets: int

    def over(self, before: Holdings) -> dict[str, int]:
        """What there is more of than before, by its name."""
        was = asdict(before)
        return {name: count - was[name] for name, count in asdict(self).items() if count > was[name]}


def can_tell() -> bool:
    """Whether this system tells what processes hold."""
    return (PROC / "self" / "smaps_rollup").exists()


def family(pid: int) -> Iterator[int]:
    """A process and its descendants."""
    yield pid
    for task in (PROC / str(pid) / "task").glob("*"):
        try:
            children = (task / "children").read_text().split()
        except OSError:
            continue  # the thread has ended meanwhile
        for child in children:
            yield from family(int(child))


def holdings(pid: int) -> Holdings:
    """What a process holds now."""
    links = []
    for link in (PROC / str(pid) / "fd").glob("*"):
        try:
            links.append(str(link.readlink()))
        except OSError:
            continue  # it was closed meanwhile
    threads = len(list((PROC / str(pid) / "task").glob("*")))
    sockets = sum(link.startswith("socket:") for link in links)
    return Holdings(threads, len(list(family(pid))) - 1, len(links), sockets)


def memory_mib(pid: int) -> float:
    """The memory of a process and its descendants; what they share is counted once."""
    return sum(map(_own_share_kib, family(pid))) / 1024


def _own_share_kib(pid: int) -> float:
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0  # it has ended meanwhile
    return next((float(line.split()[1]) for line in lines if line.startswith("Pss:")), 0.0)


@dataclass(frozen=True, slots=True)
class Sample:
    """Memory of the server's processes, of the server's own one, and when that was."""

    at_s: float
    all_mib: float
    own_mib: float


class MemoryWatch:
    """Notes the memory of a process."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._begun_s = time.monotonic()
        self.samples: list[Sample] = []

    def look(self) -> None:
        """Note it as it is now."""
        all_mib, own_mib = memory_mib(self._pid), _own_share_kib(self._pid) / 1024
        self.samples.append(Sample(time.monotonic() - self._begun_s, all_mib, own_mib))


def slope_mib_per_min(samples: Sequence[Sample], from_s: float) -> float | None:
    """By how much memory grows, by the line closest to the samples from then on; None where there are too few."""
    late = [sample for sample in samples if sample.at_s >= from_s]
    if len(late) < 3:
        return None
    slope, _ = np.polyfit([sample.at_s / 60 for sample in late], [sample.all_mib for sample in late], 1)
    return float(slope)


def settled_from_s(duration_s: float) -> float:
    """From when on memory must be flat: after three minutes, or after two thirds of a shorter soak."""
    return min(SETTLED_S, duration_s * 2 / 3)
