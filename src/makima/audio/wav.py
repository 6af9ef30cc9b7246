"""WAV headers, for files and for streams whose length is not known yet."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from makima.audio.pcm import Encoding, encode
from makima.events import Samples

STREAM_BYTES = 0xFFFFFFFF
"""The size that players take as "until the stream ends"."""

_FORMAT_TAG = {Encoding.PCM16: 1, Encoding.PCM32F: 3}


def header(
    sample_rate_hz: int, encoding: Encoding = Encoding.PCM16, data_bytes: int | None = None, about: bytes = b""
) -> bytes:
    """What stands in front of the samples; without `data_bytes` both sizes say that the length is open.

    `about` is a chunk with what the file says of itself, such as `makima.audio.marking.SYNTHETIC`.
    """
    width = encoding.sample_bytes
    riff = STREAM_BYTES if data_bytes is None else data_bytes + len(about) + 36
    data = STREAM_BYTES if data_bytes is None else data_bytes
    form = struct.pack(
        "<4sI4s4sIHHIIHH",
        *(b"RIFF", riff, b"WAVE"),
        *(b"fmt ", 16, _FORMAT_TAG[encoding], 1, sample_rate_hz, sample_rate_hz * width, width, width * 8),
    )
    return form + about + struct.pack("<4sI", b"data", data)


def write(path: Path, samples: Samples, sample_rate_hz: int, about: bytes = b"") -> None:
    """Write `samples` [S] as a 16-bit file whose sizes are exact."""
    data = encode(np.asarray(samples, np.float32), Encoding.PCM16)
    path.write_bytes(header(sample_rate_hz, data_bytes=len(data), about=about) + data)
