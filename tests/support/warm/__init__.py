"""A Python that has already imported what programs need, to be run in place of `sys.executable`.

`[*python(), "-m", "makima", ...]` is run in a process of its own, with its own arguments, environment, folder,
standard streams, signals and exit status, as one that is typed is. Only the start of Python and the imports are shared:
they take one to three seconds, most commands a tenth of one.
`huggingface_hub` is not imported beforehand, since it reads its settings from the environment once.
"""

from __future__ import annotations

import atexit
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
IMPORTED = (
    *("makima.cli", "makima.server.app", "makima.server.run", "makima.client", "makima.client.mcp"),
    *("makima.engines.qwen3", "makima.engines.qwen3.similarity", "av", "onnxruntime", "safetensors.torch"),
    *("asyncio", "httpx", "httpx2", "tqdm.auto"),  # what huggingface_hub takes longest to import
    *("openai", "makima.text.identify.chooser:_identifier"),
)
"""Modules, and after a colon what is called of one: the model that tells languages takes half a second to unpack.

A module that is not installed is left out.
"""
START_S = 120.0


def python() -> tuple[str, ...]:
    """The words of a command line that stand for `python`."""
    return (*_CLIENT, _socket())


def typed() -> str:
    """The same for a shell."""
    return shlex.join(python())


_CLIENT = (sys.executable, "-I", "-S", str(HERE / "client.py"))


@cache
def _socket() -> str:
    """Start the process that forks. It ends with this one, whose end of its standard input is closed then."""
    folder = Path(tempfile.mkdtemp(prefix="makima-warm-"))
    path = folder / "socket"
    once = {"COLUMNS": "200", "OMP_NUM_THREADS": "1"}  # read at import; the models of tests are tiny
    command = [sys.executable, "-P", str(HERE / "process.py"), str(path), *IMPORTED]
    process = subprocess.Popen(command, env=os.environ | once, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)

    def end() -> None:
        process.communicate()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    deadline_s = time.monotonic() + START_S
    while not path.exists():
        assert process.poll() is None, "the process that forks did not start"
        assert time.monotonic() < deadline_s, "the process that forks did not start in time"
        time.sleep(0.02)
    return os.fspath(path)
