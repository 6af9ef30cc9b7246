"""One worker process, seen from our side."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from makima.errors import SynthesisFailed

_WORKER = Path(__file__).with_name("worker.py")
_HEADER = struct.Struct("<cI")
_CANCEL = b"cancel\n"


class WorkerProcess:
    """Starts the process, speaks sentences through it one at a time, and notices when it dies.

    `speak` is called from one thread; `cancel` and `kill` from any.
    Raises: SynthesisFailed from every method once the process is gone.
    """

    def __init__(self, library: str, data: str) -> None:
        # -I -S: nothing of the environment or of site-packages is read, which makes it start in 15 ms.
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_WORKER), library, data],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                start_new_session=True,  # Ctrl-C in a terminal is for the server, which then drains
            )
        except OSError as exc:
            raise SynthesisFailed(f"The embedded voice's process cannot be started: {exc}.") from exc
        self._writing = threading.Lock()
        self._speaking = False
        try:
            kind, payload = self._read_frame()
            if kind != b"R":
                raise SynthesisFailed("The embedded voice's process did not start.")
        except SynthesisFailed:
            self.kill()
            raise
        self.sample_rate_hz: int = json.loads(payload)["sample_rate_hz"]

    @property
    def pid(self) -> int:
        return self._process.pid

    def speak(self, text: str, voice: str) -> Iterator[bytes]:
        """The audio of one sentence, as 16-bit little-endian samples in pieces, up to its end or its cancel.

        Raises: SynthesisFailed where the sentence crashed the synthesizer, or the process is gone.
        """
        with self._writing:
            self._write(json.dumps({"text": text, "voice": voice}).encode() + b"\n")
            self._speaking = True
        while True:
            kind, payload = self._read_frame()
            if kind == b"A":
                yield payload
                continue
            with self._writing:
                self._speaking = False
            end: dict[str, Any] = json.loads(payload)
            if end["reason"] == "failed":
                raise SynthesisFailed(f"The embedded voice failed on this text ({end['detail']}).")
            return

    def cancel(self) -> None:
        """End the sentence being spoken at espeak-ng's next callback. Without effect between sentences."""
        with self._writing:
            if self._speaking:
                self._speaking = False
                self._write(_CANCEL)

    def kill(self) -> None:
        """End the process at once, and wait for it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _write(self, data: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(data)
        except (OSError, ValueError) as exc:
            raise SynthesisFailed("The embedded voice's process has died.") from exc

    def _read_frame(self) -> tuple[bytes, bytes]:
        kind, length = _HEADER.unpack(self._read(_HEADER.size))
        return kind, self._read(length)

    def _read(self, size: int) -> bytes:
        assert self._process.stdout is not None
        data = b""
        while len(data) < size:
            try:
                piece = self._process.stdout.read(size - len(data))
            except (OSError, ValueError) as exc:
                raise SynthesisFailed("The embedded voice's process has died.") from exc
            if not piece:
                raise SynthesisFailed("The embedded voice's process has died.")
            data += piece
        return data
