"""How much memory is left."""

from __future__ import annotations

import os
import sys
from pathlib import Path

SPARE_BYTES = 64 << 20
"""With less memory than this, what is under way is more likely to end well if nothing else is begun."""


def free_bytes() -> int | None:
    """How much more memory this process may take: of its addresses (`ulimit -v`), and of the system's memory.

    None where the system does not tell.
    """
    if sys.platform != "linux":
        return None
    import resource

    try:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        told = Path("/proc/meminfo").read_text()
        free = next(int(line.split()[1]) << 10 for line in told.splitlines() if line.startswith("MemAvailable"))
    except (OSError, StopIteration, ValueError):
        return None
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return free if limit == resource.RLIM_INFINITY else min(free, limit - used)


def is_short(needed_bytes: int = 0) -> bool:
    """Whether so much memory cannot be taken with some to spare."""
    free = free_bytes()
    return free is not None and free < needed_bytes + SPARE_BYTES
