"""The memory of this process: now, and at its peak."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

MIB = 1 << 20


def process_memory_mib() -> dict[str, float]:
    """`peak` and `resident` memory, with mapped files, and `own`, the resident memory without them.

    From `/proc` where it exists: the peak of `getrusage` includes that of the parent process.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = (line.split() for line in status.read_text().splitlines())
        kib = {words[0]: float(words[1]) for words in lines if len(words) == 3 and words[2] == "kB"}
        return {"peak": kib["VmHWM:"] / 1024, "resident": kib["VmRSS:"] / 1024, "own": kib["RssAnon:"] / 1024}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / MIB
    return {"peak": peak, "resident": peak, "own": peak}
