"""Runs `makima ...` in a process of its own, on a Python that has imported what commands need (`warm`)."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support import warm

TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Done:
    """What a command left: its exit status, its standard output, and what it printed beside that."""

    status: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()


def makima(folder: Path, *arguments: str, text: str | None = None, **environment: str) -> tuple[int, bytes, str]:
    """Run a command in `folder`, with `text` on its standard input: exit status, standard output, standard error."""
    done = run(folder, arguments, {**os.environ, **environment}, text)
    return done.status, done.out, done.err


def run(folder: Path, arguments: tuple[str, ...], environment: Mapping[str, str], text: str | None = None) -> Done:
    """As `makima`, with all of the environment given."""
    command = [*warm.python(), "-m", "makima", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=environment, input=(text or "").encode(), capture_output=True, timeout=TIMEOUT_S
    )
    return Done(done.returncode, done.stdout, done.stderr.decode())
