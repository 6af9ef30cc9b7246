"""Writes a voice, or deletes it, and is killed at one of its steps: run as a process by the tests of the store.

Arguments: folder, `put` or `remove`, and the step at which to die; without dying it prints how many steps there are.
Steps are calls of the system that change something on the disk, writes cut into pieces of 1,000 bytes.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from makima.voices.store import FolderStore

NEW = {"reference.wav": b"new" * 1_000, "transcript.txt": b"new", "manifest.json": b'{"name": "New"}'}

steps = 0


def counted(call: Callable[..., Any], die_at: int, piece_bytes: int | None = None) -> Callable[..., Any]:
    def step(*arguments: Any, **named: Any) -> Any:
        global steps
        if steps == die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        steps += 1
        if piece_bytes is not None:
            arguments = (arguments[0], arguments[1][:piece_bytes])
        return call(*arguments, **named)

    return step


def main() -> None:
    folder, what, die_at = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    for name in ("open", "fsync", "rename", "mkdir", "unlink", "rmdir"):
        setattr(os, name, counted(getattr(os, name), die_at))
    os.write = counted(os.write, die_at, 1_000)
    store = FolderStore(folder)
    if what == "put":
        store.put("ann", NEW, replace=True)
    else:
        store.remove("ann")
    sys.stdout.write(str(steps))


if __name__ == "__main__":
    main()
