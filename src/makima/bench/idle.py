"""Detects when a process and its children have become idle, from the processor time that they use.

The messages of a server do not show this: it may report an utterance as cancelled long before the engine has stopped
working on it.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

QUIET_S = 0.02
"""How long a process must be idle: one that only waits for a processor on a busy machine must not count as idle."""
QUIET_SHARE = 0.1
"""The share of one core below which a process counts as idle; an idle server uses far less."""
LOOK_EVERY_S = 0.001
PATIENCE_S = 10.0

PROC = Path("/proc")


def can_tell() -> bool:
    """Whether this system accounts for processor time by the nanosecond (Linux does)."""
    return (PROC / "self" / "schedstat").exists()


@dataclass(frozen=True, slots=True)
class Activity:
    """Processor time used so far, and whether any thread is runnable now."""

    taken_s: float = 0.0
    wanted: bool = False

    def __add__(self, other: Activity) -> Activity:
        return Activity(self.taken_s + other.taken_s, self.wanted or other.wanted)


def activity(pid: int) -> Activity:
    """The activity of a process and its descendants, without those that have ended."""
    found = Activity()
    for task in (PROC / str(pid) / "task").glob("*"):
        try:
            taken_s = int((task / "schedstat").read_text().split()[0]) * 1e-9
            state = (task / "stat").read_text().rpartition(") ")[2][0]
            children = (task / "children").read_text().split()
        except (OSError, IndexError):
            continue  # the thread has ended meanwhile
        found = sum((activity(int(child)) for child in children), found + Activity(taken_s, state == "R"))
    return found


async def at_rest_s(pid: int) -> float | None:
    """Wait until the process is idle; returns since when, by `perf_counter`, or None after `PATIENCE_S`."""
    begun_s = quiet_since_s = time.perf_counter()
    before, wanted_before = activity(pid).taken_s, False
    while (now_s := time.perf_counter()) < begun_s + PATIENCE_S:
        seen = activity(pid)
        used_s = seen.taken_s - before
        # Runnable twice in a row means waiting work; once may be a timer tick. The time used is negative where a
        # child has ended.
        if not 0 <= used_s <= QUIET_SHARE * QUIET_S or (seen.wanted and wanted_before):
            quiet_since_s, before = now_s, seen.taken_s
        elif now_s - quiet_since_s >= QUIET_S:
            return quiet_since_s
        wanted_before = seen.wanted
        await asyncio.sleep(LOOK_EVERY_S)
    return None
