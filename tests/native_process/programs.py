"""The program of `helper.py`, with time limits that suit a test."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from makima.errors import SynthesisFailed
from makima.native_process import Program

HELPER = Path(__file__).with_name("helper.py")


def helper(how: str = "", *, answer_s: float = 30.0, start_s: float = 60.0) -> Program:
    command = (sys.executable, "-I", "-S", str(HELPER), *([how] if how else []))
    return Program("The helper", command, SynthesisFailed, answer_s, start_s)


def is_alive(pid: int) -> bool:
    """Whether there is such a process; one that has ended and was not waited for counts."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def is_running(pid: int) -> bool:
    """Whether there is such a process that has not ended yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return is_alive(pid) and not Path("/proc/self").exists()
    return state not in "ZX"


def open_descriptors() -> int:
    """How many file descriptors this process has open."""
    return len(os.listdir("/dev/fd"))
