"""One worker process, seen from our side."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

from makima.audio.pcm import Encoding, encode
from makima.errors import RecognitionFailed
from makima.events import Samples

_WORKER = Path(__file__).with_name("worker.py")
_HEADER = struct.Struct("<cI")


class WorkerProcess:
    """Starts the process, and recognises one utterance at a time. Used by one thread at a time; `kill` from any.

    Raises: RecognitionFailed from every method once the process is gone.
    """

    def __init__(self) -> None:
        # -P: nothing in the program's own folder is to stand before what is installed.
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(_WORKER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                start_new_session=True,  # Ctrl-C in a terminal is for the server, which then drains
            )
        except OSError as exc:
            raise RecognitionFailed(f"The recogniser's process cannot be started: {exc}.") from exc
        try:
            self._answer(b"R")
        except RecognitionFailed:
            self.kill()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def begin(self, means: str = "") -> None:
        """Begin an utterance, with what `finish` said of the one before; one that was open is dropped."""
        self._write(b"B", means.encode())

    def feed(self, samples: Samples) -> None:
        """Add audio [S] at 16 kHz; blocks while the process is behind."""
        self._write(b"A", encode(samples, Encoding.PCM16))

    def hypothesis(self) -> str:
        """The words so far."""
        self._write(b"H")
        return self._answer(b"T")

    def finish(self) -> tuple[str, str]:
        """The words of the whole utterance, and the means of its features."""
        self._write(b"F")
        return self._answer(b"T"), self._answer(b"M")

    def kill(self) -> None:
        """End the process at once, and wait for it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _write(self, kind: bytes, payload: bytes = b"") -> None:
        assert self._process.stdin is not None
        view = memoryview(_HEADER.pack(kind, len(payload)) + payload)
        try:
            while view:
                view = view[self._process.stdin.write(view) :]
        except (OSError, ValueError) as exc:
            raise RecognitionFailed("The recogniser's process has died.") from exc

    def _answer(self, expected: bytes) -> str:
        kind, length = _HEADER.unpack(self._read(_HEADER.size))
        payload = self._read(length)
        if kind != expected:
            raise RecognitionFailed("The recogniser's process answers out of turn.")
        return payload.decode()

    def _read(self, size: int) -> bytes:
        assert self._process.stdout is not None
        data = b""
        while len(data) < size:
            try:
                piece = self._process.stdout.read(size - len(data))
            except (OSError, ValueError) as exc:
                raise RecognitionFailed("The recogniser's process has died.") from exc
            if not piece:
                raise RecognitionFailed("The recogniser's process has died.")
            data += piece
        return data
