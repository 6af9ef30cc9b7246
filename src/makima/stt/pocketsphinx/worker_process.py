"""A helper process that runs PocketSphinx (`worker.py`), as seen from the server."""

from __future__ import annotations

import sys
from pathlib import Path

from makima.audio.pcm import Encoding, encode
from makima.errors import RecognitionFailed
from makima.events import Samples
from makima.native_process import NativeProcess, Program

_WORKER = Path(__file__).with_name("worker.py")

ANSWER_S = 60.0
"""For the words of what was sent. Up to 7 s of audio wait in the socket, and decode in 2 s on a free core."""


def program(answer_s: float = ANSWER_S) -> Program:
    """How the helper is started."""
    # -P: files in the program's own folder are not imported in place of installed packages.
    command = (sys.executable, "-P", str(_WORKER))
    return Program("The recogniser", command, RecognitionFailed, answer_s)


class WorkerProcess(NativeProcess):
    """Recognises one utterance at a time. Used by one thread at a time; `kill` from any.

    Raises: RecognitionFailed from every method where the process has failed
    """

    def begin(self, means: str = "") -> None:
        """Begin an utterance, with the means from `finish` of the one before; one that was open is dropped."""
        self.send(b"B", means.encode())

    def feed(self, samples: Samples) -> None:
        """Add audio [S] at 16 kHz; blocks while the process is behind."""
        self.send(b"A", encode(samples, Encoding.PCM16))

    def hypothesis(self) -> str:
        """The words so far."""
        return self.ask(b"H", b"T").decode()

    def finish(self) -> tuple[str, str]:
        """The words of the whole utterance, and the means of its features."""
        words = self.ask(b"F", b"T")
        return words.decode(), self.expect(b"M").decode()
