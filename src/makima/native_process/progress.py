"""Whether a process gets anywhere, so that one that hangs can be told from one that is slow on a busy machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_RUNNABLE = frozenset("RDI")
"""It runs or waits for a core, or for a disk (proc_pid_stat(5))."""


@dataclass(frozen=True, slots=True)
class _Seen:
    ticks: int
    runnable: bool


class Progress:
    """Watches a process and its children."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._ticks = -1

    def made(self) -> bool:
        """Whether it has computed anything since the last call, or would if it were given a core.

        Always true at the first call, and where the system does not tell.
        """
        seen = _look(self._pid)
        if seen is None:
            return True
        before, self._ticks = self._ticks, seen.ticks
        return seen.runnable or seen.ticks != before


def _look(pid: int) -> _Seen | None:
    try:
        # The name of the program, in parentheses, may hold anything.
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return None
    # Its threads are counted too, and the children that have ended and were waited for.
    ticks, runnable = sum(int(fields[index]) for index in (11, 12, 13, 14)), fields[0] in _RUNNABLE
    for child in children:
        if (seen := _look(int(child))) is not None:
            ticks, runnable = ticks + seen.ticks, runnable or seen.runnable
    return _Seen(ticks, runnable)
