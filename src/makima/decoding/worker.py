"""The program of a helper process that decodes recordings, one at a time. Its standard input is a socket.

Run by path: `python -P worker.py MEMORY_BYTES CPU_S`. It may die of any recording: by its limits, or by a fault of
a decoder.

Messages of `multiprocessing.connection`: a kind (1 byte), then the payload.

    in    B begin a recording; payload: {"rate_hz", "max_s"} as JSON. Answered by B, before anything of it is read
          D the next piece of its file
          G decode it. Answered by S, any number of times, then E
    out   R ready
          B ready for the recording
          S samples, 32-bit floats
          E the end; payload: {} or what is wrong with the recording, as JSON
"""

from __future__ import annotations

import io
import json
import sys
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from makima.audio import files
from makima.decoding.limits import KEPT_BYTES, allow, confine, peak_bytes
from makima.errors import AssetError, MakimaError

SAMPLES = 64 * 1024
"""Of one message."""


def main(memory_bytes: int, cpu_s: int) -> None:
    """Decode recordings until the server closes the socket."""
    pipe = Connection(0)
    files.load_decoder()
    confine(memory_bytes)
    pipe.send_bytes(b"R")
    wanted: dict[str, Any] = {}
    upload = io.BytesIO()
    while True:
        try:
            message = pipe.recv_bytes()
        except EOFError:
            return
        kind, payload = message[:1], message[1:]
        if kind == b"B":
            wanted, upload = json.loads(payload), io.BytesIO()
            allow(cpu_s)
            pipe.send_bytes(b"B")
        elif kind == b"D":
            upload.write(payload)
        elif kind == b"G":
            upload.seek(0)
            _answer(pipe, upload, **wanted)
            upload = io.BytesIO()
            if peak_bytes() > KEPT_BYTES:
                return


def _answer(pipe: Connection, upload: io.BytesIO, rate_hz: int, max_s: float) -> None:
    said: dict[str, object] = {}
    try:
        samples = files.decode(upload, rate_hz, max_s)
        for at in range(0, len(samples), SAMPLES):
            pipe.send_bytes(b"S" + np.ascontiguousarray(samples[at : at + SAMPLES], np.float32).tobytes())
    except AssetError as exc:
        said = {"message": exc.message, "mend": exc.mend, "asset": exc.asset}
    except MakimaError as exc:
        said = {"message": exc.message, "mend": exc.mend}
    except MemoryError:
        said = {"message": "The upload needs more memory than a recording does.", "mend": "Save it as WAV."}
    pipe.send_bytes(b"E" + json.dumps(said).encode())


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
