"""Runs `makima ...` in a process of its own, forked from one that has already imported what commands need.

A command sees its own arguments, environment, folder and standard streams, as one that is typed does. Only the start of
Python and the imports are shared: they take one to three seconds, most commands a tenth of one.
`huggingface_hub` is not imported beforehand, since it reads its settings from the environment once.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from multiprocessing.context import ForkServerContext
from multiprocessing.forkserver import ensure_running
from pathlib import Path

import pytest

PRELOADED = (
    *("makima.cli", "makima.server.app", "makima.server.run"),
    *("makima.engines.qwen3", "makima.engines.qwen3.similarity", "av", "onnxruntime", "safetensors.torch"),
    *("asyncio", "httpx", "httpx2", "tqdm.auto"),  # what huggingface_hub takes longest to import
)
"""A module that is not installed is skipped by `multiprocessing.forkserver`."""

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
    with tempfile.TemporaryDirectory() as streams:
        names = [str(Path(streams) / name) for name in ("in", "out", "err")]
        Path(names[0]).write_text(text or "", encoding="utf-8")
        process = _context().Process(target=_main, args=(str(folder), arguments, dict(environment), names))
        process.start()
        process.join(TIMEOUT_S)
        if process.exitcode is None:
            process.kill()
            pytest.fail(f"{arguments} did not end within {TIMEOUT_S:g} s")
        return Done(process.exitcode, Path(names[1]).read_bytes(), Path(names[2]).read_text(encoding="utf-8"))


@cache
def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "200")
        patch.setenv("OMP_NUM_THREADS", "1")  # read when torch is imported; the models of tests are tiny
        ensure_running()
    return context


def _main(folder: str, arguments: tuple[str, ...], environment: dict[str, str], names: list[str]) -> None:
    """The child: take the place of a process that was started with these arguments."""
    for descriptor, (name, flags) in enumerate(zip(names, (os.O_RDONLY, *[os.O_WRONLY | os.O_CREAT] * 2), strict=True)):
        opened = os.open(name, flags, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False), encoding="utf-8")
    sys.argv = ["makima", *arguments]
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    from makima.cli import main

    main()
