"""Writes a voice, or deletes it, killed at each of its steps in turn: run as a process by the tests of the store.

Arguments: folder; `first`, `replace` or `remove`. What the death at step N leaves is in `folder/N`; the last one is not
killed. Steps are system calls that change something on the disk, and writes are cut into pieces of 1,000 bytes. Each
death is that of a fork: forking takes milliseconds, and starting Python a third of a second.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from makima.voices.store import FolderStore
from tests.support.stores import NEW, OLD

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


def act(store: FolderStore, what: str, die_at: int) -> None:
    for name in ("open", "fsync", "rename", "mkdir", "unlink", "rmdir"):
        setattr(os, name, counted(getattr(os, name), die_at))
    os.write = counted(os.write, die_at, 1_000)
    if what == "remove":
        store.remove("ann")
    else:
        store.put("ann", NEW, replace=what == "replace")


def survives(store: FolderStore, what: str, die_at: int) -> bool:
    if (child := os.fork()) == 0:
        act(store, what, die_at)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, -signal.SIGKILL), f"step {die_at}: {code}"
    return code == 0


def main() -> None:
    folder, what = Path(sys.argv[1]), sys.argv[2]
    for at in itertools.count():
        store = FolderStore(folder / str(at))
        if what != "first":
            store.put("ann", OLD)
        if survives(store, what, at):
            break


if __name__ == "__main__":
    main()
