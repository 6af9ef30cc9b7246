"""What decoding one recording may take."""

from __future__ import annotations

import math
import os
import resource
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one recording: address space beside what the process has already, and time on a processor."""

    memory_bytes: int
    cpu_s: int


DEFAULT: Final = Limits(memory_bytes=1 << 30, cpu_s=60)
"""Several times what half an hour of stereo takes, whose figures are in docs/reliability-fuzz.md."""

KEPT_BYTES: Final = 256 * 1024 * 1024
"""A helper that has ever held more than this ends after its answer, so that its memory goes back to the system."""


def confine(memory_bytes: int) -> None:
    """Limit this process for good: memory, no files, no core dumps, and the processor only when nothing else wants it.

    Where the system has no such limit, as macOS has none of address space, time is limited all the same.
    """
    os.nice(10)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_AS, _address_space_bytes() + memory_bytes)


def allow(cpu_s: int) -> None:
    """Give this process so much more time on a processor, after which the system ends it."""
    used_s = time.process_time()
    with suppress(ValueError, OSError):
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used_s) + cpu_s, hard))


def peak_bytes() -> int:
    """The most resident memory that this process ever had; 0 where the system does not tell."""
    # Not from getrusage, which begins at what the server had when it started this process.
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def _limit(what: int, most: int) -> None:
    with suppress(ValueError, OSError):
        resource.setrlimit(what, (most, most))


def _address_space_bytes() -> int:
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return 0
