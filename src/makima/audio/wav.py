"""WAV files, and WAV streams whose length is not known yet."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from makima.audio.pcm import Encoding, encode
from makima.errors import InvalidAudio
from makima.events import Samples

STREAM_BYTES = 0xFFFFFFFF
"""The size that players read as "until the stream ends"."""

_EXTENSIBLE = 0xFFFE
_FORMAT_TAG = {Encoding.PCM16: 1, Encoding.PCM32F: 3}


def header(
    sample_rate_hz: int, encoding: Encoding = Encoding.PCM16, data_bytes: int | None = None, about: bytes = b""
) -> bytes:
    """The header before the samples; without `data_bytes` both sizes are `STREAM_BYTES`.

    `about` is a metadata chunk, such as `makima.audio.marking.SYNTHETIC`.
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


def read(source: BinaryIO, max_s: float) -> tuple[Samples, int]:
    """The samples [S] of a WAV file, its channels averaged, and their rate; cut at `max_s`.

    Takes 8, 16, 24 and 32 bits and floats, and files with open sizes from streams.

    Raises: InvalidAudio
    """
    if source.read(4) != b"RIFF" or source.read(8)[4:] != b"WAVE":
        raise InvalidAudio("It is not a WAV file.")
    form: tuple[int, int, int, int] | None = None
    while len(chunk := source.read(8)) == 8:
        name, size = struct.unpack("<4sI", chunk)
        if name == b"data":
            break
        body = source.read(size + size % 2)
        if name == b"fmt " and len(body) >= 16:
            tag, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", body)
            if tag == _EXTENSIBLE and len(body) >= 26:
                (tag,) = struct.unpack_from("<H", body, 24)
            form = tag, channels, rate_hz, bits
    else:
        raise InvalidAudio("The WAV file has no samples.")
    if form is None or not form[1] or not form[2]:
        raise InvalidAudio("The WAV file does not describe the format of its samples.")
    tag, channels, rate_hz, bits = form
    frame_bytes = channels * bits // 8
    data = source.read(min(size, int(max_s * rate_hz) * frame_bytes))
    values = _values(data[: len(data) - len(data) % max(1, frame_bytes)], tag, bits)
    with np.errstate(over="ignore", invalid="ignore"):  # floats of a file may be anything; `files` refuses them
        return mixed(np.asarray(values.reshape(-1, channels), np.float32)), rate_hz


CANCELLED: Final = 0.1
"""A mix this much quieter than its first channel is taken for one whose channels cancel out."""


def mixed(values: NDArray[np.float32]) -> Samples:
    """Channels [S, C] averaged to [S]; the first one where they are in opposite phase and would cancel out."""
    return louder(values.mean(axis=1), values[:, 0])


def louder(mix: Samples, first: Samples) -> Samples:
    """`mix`, or the `first` channel where that is so much louder that the others must cancel it out."""
    if len(mix) and float(np.sqrt(np.mean(np.square(mix)))) < CANCELLED * float(np.sqrt(np.mean(np.square(first)))):
        return np.ascontiguousarray(first)
    return mix


def _values(data: bytes, tag: int, bits: int) -> NDArray[Any]:
    match tag, bits:
        case 1, 8:
            return (np.frombuffer(data, np.uint8) - 128.0) / 128
        case 1, 16:
            return np.frombuffer(data, "<i2") / 32768
        case 1, 24:
            wide = np.zeros((len(data) // 3, 4), np.uint8)
            wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
            return wide.view("<i4")[:, 0] / 2**31
        case 1, 32:
            return np.frombuffer(data, "<i4") / 2**31
        case 3, 32 | 64:
            return np.frombuffer(data, f"<f{bits // 8}")
    raise InvalidAudio(f"WAV files with {bits} bits of format {tag} cannot be read.", mend="Save it with 16 bits.")
