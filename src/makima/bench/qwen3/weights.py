"""Checkpoints of a released size with random weights, written once: they cost what real ones do."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from makima import __version__
from makima.errors import EngineError

CACHE = Path("~/.cache/makima/bench")

_WRITE = """
import sys
from pathlib import Path
from makima.models.qwen3.checkpoint.random_checkpoint import write_random_checkpoint
write_random_checkpoint(Path(sys.argv[1]), sys.argv[2])
"""


def random_weights(size: str, cache: Path = CACHE) -> Path:
    """The folder of a random checkpoint of `size`, which is written if there is none.

    In a process of its own, for it takes gigabytes. Raises: EngineError where it cannot be written
    """
    folder = cache.expanduser() / f"random-{size}-{__version__}"
    if not folder.exists():
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        done = subprocess.run(
            [sys.executable, "-c", _WRITE, str(partial), size], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise EngineError(f"No random weights could be written to {partial}:\n{done.stderr[-2000:]}")
        partial.rename(folder)
    return folder
