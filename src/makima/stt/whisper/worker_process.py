"""The helper process that runs Whisper (`worker.py`), as seen from the server."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from makima.audio.pcm import Encoding, encode
from makima.errors import RecognitionFailed
from makima.events import Samples
from makima.native_process import NativeProcess, Program
from makima.stt.whisper.judgement import Heard, Order

ANSWER_S = 60.0
"""For a stretch of speech: 30 s of it take 2 s on a free core."""
START_S = 120.0
"""The weights are read and rounded to 8 bits in about a second on a free core."""


def program(folder: Path, threads: int, answer_s: float = ANSWER_S) -> Program:
    """How the helper is started."""
    # -P: files in the working folder are not imported in place of installed packages.
    command = (sys.executable, "-P", "-m", "makima.stt.whisper.worker", str(folder), str(threads))
    return Program("Whisper", command, RecognitionFailed, answer_s, START_S)


class WorkerProcess(NativeProcess):
    """Recognises one stretch of speech at a time. Used by one thread at a time; `kill` from any.

    Raises: RecognitionFailed where the model does not load
    """

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        if self.ready:
            self.kill()
            raise RecognitionFailed(f"{self.ready.decode()}.")

    def hear(self, audio: Samples, order: Order) -> Heard:
        """The words in `audio` [S] at 16 kHz, of 30 s at most.

        Raises: RecognitionFailed where the process has failed
        """
        line = json.dumps(order.as_json()).encode()
        answer = self.ask(b"U", b"W", line + b"\n" + encode(audio, Encoding.PCM16))
        return Heard.from_json(json.loads(answer))
