"""A process that is measured: it loads, reports that, and then answers requests, each a line of JSON.

What is compared runs in separate processes, so that memory and threads are measured separately.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

from makima.errors import EngineError

Answer = dict[str, Any]

LAST_WORDS = 2000
"""The number of characters of a failed process's standard error that are shown."""


class Worker:
    """One such process. Its standard output carries only answers; its standard error is kept for the error message."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name = name
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed in close()
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, text=True
        )

    def wait_ready(self, on_news: Callable[[str, float | None], None] = lambda _what, _progress: None) -> Answer:
        """Wait until the process has loaded; returns what it reports. Raises: EngineError where loading fails"""
        while "loading" in (answer := self._answer()):
            on_news(answer["loading"], answer["progress"])
        return answer

    def ask(self, do: str, **arguments: object) -> Answer:
        """Send a request; returns the answer. Raises: EngineError where the process fails"""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._failed() from None
        return self._answer()

    def close(self) -> None:
        """End the process."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            try:
                pipe.close()
            except BrokenPipeError:
                continue
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def _answer(self) -> Answer:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise self._failed()
        answer: Answer = json.loads(line)
        if "error" in answer:
            raise EngineError(f"{self.name}: {answer['error']}")
        return answer

    def _failed(self) -> EngineError:
        self._process.wait()
        self._said.seek(0)
        return EngineError(f"{self.name} failed:\n{self._said.read()[-LAST_WORDS:].strip()}")
