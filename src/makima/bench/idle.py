"""When a process has come to rest, seen from outside: from then on it and its children take next to no processor time.

What a server says of itself is no measure here: it may tell a client that an utterance is cancelled long before the
engine has stopped working on it.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

QUIET_S = 0.02
"""How long there must be rest, so that a process that waits its turn on a busy machine is not taken for one at rest."""
QUIET_SHARE = 0.1
"""Of one core: what a server that has nothing to do takes is far less."""
LOOK_EVERY_S = 0.001
PATIENCE_S = 10.0

PROC = Path("/proc")


def can_tell() -> bool:
    """Whether this system accounts for processor time by the nanosecond (Linux does)."""
    return (PROC / "self" / "schedstat").exists()


@dataclass(frozen=True, slots=True)
class Activity:
    """Processor time taken so far, and whether any thread wants more of it now."""

    taken_s: float = 0.0
    wanted: bool = False

    def __add__(self, other: Activity) -> Activity:
        return Activity(self.taken_s + other.taken_s, self.wanted or other.wanted)


def activity(pid: int) -> Activity:
    """Of a process and its descendants; those that have ended count for nothing."""
    found = Activity()
    for task in (PROC / str(pid) / "task").glob("*"):
        try:
            taken_s = int((task / "schedstat").read_text().split()[0]) * 1e-9
            state = (task / "stat").read_text().rpartition(") ")[2][0]
            children = (task / "children").read_text().split()
        except (OSError, IndexError):
            continue  # it has ended meanwhile
        found = sum((activity(int(child)) for child in children), found + Activity(taken_s, state == "R"))
    return found


async def at_rest_s(pid: int) -> float | None:
    """Wait until the process rests; since when it does, by `perf_counter`. None where it does not come to that."""
    begun_s = quiet_since_s = time.perf_counter()
    before, wanted_before = activity(pid).taken_s, False
    while (now_s := time.perf_counter()) < begun_s + PATIENCE_S:
        seen = activity(pid)
        used_s = seen.taken_s - before
        # Wanting to run, twice in a row, is work that waits; once may be a clock's tick. Less than no time was used
        # where a child has ended.
        if not 0 <= used_s <= QUIET_SHARE * QUIET_S or (seen.wanted and wanted_before):
            quiet_since_s, before = now_s, seen.taken_s
        elif now_s - quiet_since_s >= QUIET_S:
            return quiet_since_s
        wanted_before = seen.wanted
        await asyncio.sleep(LOOK_EVERY_S)
    return None
