"""WAV headers, read by somebody else's reader."""

from __future__ import annotations

import io
import struct
import wave
from pathlib import Path

import numpy as np
import pytest

from makima.audio import wav
from makima.audio.pcm import Encoding, decode, encode


def test_a_file(tmp_path: Path) -> None:
    samples = np.linspace(-1, 1, 1_001, dtype=np.float32)
    path = tmp_path / "out.wav"
    wav.write(path, samples, 22_050)
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 22_050)
        assert file.getnframes() == 1_001
        read = decode(file.readframes(1_001), Encoding.PCM16)
    np.testing.assert_allclose(read, samples, atol=1 / 32767)
    assert struct.unpack("<I", path.read_bytes()[4:8])[0] == path.stat().st_size - 8


@pytest.mark.parametrize("rate_hz", [8_000, 24_000, 48_000])
def test_a_stream(rate_hz: int) -> None:
    data = wav.header(rate_hz) + encode(np.zeros(480, np.float32), Encoding.PCM16)
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, rate_hz)
        assert len(file.readframes(1_000)) == 960, "all there is, whatever the header says"
    assert struct.unpack("<I", data[4:8]) == struct.unpack("<I", data[40:44]) == (0xFFFFFFFF,)


def test_floats() -> None:
    header = wav.header(16_000, Encoding.PCM32F, data_bytes=8)
    tag, channels, rate_hz, byte_rate, align, bits = struct.unpack("<HHIIHH", header[20:36])
    assert (tag, channels, rate_hz, byte_rate, align, bits) == (3, 1, 16_000, 64_000, 4, 32)
    assert struct.unpack("<I", header[40:44]) == (8,)
