"""The program of the helper process: Whisper, one stretch of speech at a time. Its standard input is a socket.

Run as `python -P -m makima.stt.whisper.worker FOLDER THREADS`. It gives way to everything else on the machine: speech
that is being made must not wait for speech that is being recognised.

Messages of `multiprocessing.connection`: a kind (1 byte), then the payload.

    in    U an order: a line of JSON, then 16-bit little-endian samples at 16 kHz. Answered by W
    out   R ready; payload: why the model does not load, UTF-8, or empty
          W an answer, JSON
"""

import json
import os
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path

# Threads that wait must not spin: the library's own default burns a core for milliseconds after each step.
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"

import numpy as np

from makima.stt.whisper.judgement import Order
from makima.stt.whisper.model import WhisperModel

NICE = 5
# The other side kills a helper that does not answer. Where that side is gone, a helper that hangs ends itself.
HUNG_S = 180


def main() -> None:
    pipe = Connection(0)
    folder, threads = sys.argv[1:]
    os.nice(NICE)
    try:
        model = WhisperModel(Path(folder), int(threads))
    except (OSError, ValueError, RuntimeError) as exc:
        pipe.send_bytes(b"R" + (str(exc) or repr(exc)).encode())
        return
    pipe.send_bytes(b"R")
    while True:
        signal.alarm(0)
        try:
            message = pipe.recv_bytes()
        except EOFError:
            return
        signal.alarm(HUNG_S)
        line, _, audio = message[1:].partition(b"\n")
        order = Order.from_json(json.loads(line))
        samples = np.frombuffer(audio, "<i2").astype(np.float32) / np.float32(32_768)
        pipe.send_bytes(b"W" + json.dumps(model.hear(samples, order).as_json()).encode())


if __name__ == "__main__":
    main()
