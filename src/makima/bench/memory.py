"""How much memory this process holds, and the most it ever held."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

MIB = 1 << 20


def process_memory_mib() -> dict[str, float]:
    """`peak` and `resident`, mapped files that are in memory included; and `own`, resident without those.

    Not from `getrusage` where the system has better: there a process inherits its parent's peak.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = (line.split() for line in status.read_text().splitlines())
        kib = {words[0]: float(words[1]) for words in lines if len(words) == 3 and words[2] == "kB"}
        return {"peak": kib["VmHWM:"] / 1024, "resident": kib["VmRSS:"] / 1024, "own": kib["RssAnon:"] / 1024}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / MIB
    return {"peak": peak, "resident": peak, "own": peak}
