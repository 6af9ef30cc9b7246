"""WAV files: written and read by `wave`, and every kind of them read by us."""

from __future__ import annotations

import io
import struct
import wave
from pathlib import Path

import numpy as np
import pytest

from makima.audio import wav
from makima.audio.pcm import Encoding, decode, encode
from makima.errors import InvalidAudio
from makima.events import Samples

TONE: Samples = (0.5 * np.sin(np.arange(4_000) / 10)).astype(np.float32)


def file_of(data: bytes, tag: int, bits: int, channels: int = 1, extra: bytes = b"") -> io.BytesIO:
    """A WAV file with these samples, and an odd chunk in front of them."""
    width = channels * bits // 8
    form = struct.pack("<HHIIHH", tag, channels, 16_000, 16_000 * width, width, bits) + extra
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"note" + struct.pack("<I", 3) + b"odd\0"
    body = b"WAVE" + chunks + b"data" + struct.pack("<I", len(data)) + data
    return io.BytesIO(b"RIFF" + struct.pack("<I", len(body)) + body)


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


@pytest.mark.parametrize(
    ("bits", "tag", "data", "within"),
    [
        (8, 1, (TONE * 127 + 128).astype(np.uint8).tobytes(), 0.02),
        (16, 1, (TONE * 32_767).astype("<i2").tobytes(), 1e-4),
        (24, 1, (TONE * (2**23 - 1)).astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes(), 1e-6),
        (32, 1, (TONE.astype(np.float64) * (2**31 - 1)).astype("<i4").tobytes(), 1e-6),
        (32, 3, TONE.astype("<f4").tobytes(), 0.0),
        (64, 3, TONE.astype("<f8").tobytes(), 0.0),
    ],
)
def test_every_width_of_samples(bits: int, tag: int, data: bytes, within: float) -> None:
    samples, rate_hz = wav.read(file_of(data, tag, bits), 10.0)
    assert rate_hz == 16_000
    np.testing.assert_allclose(samples, TONE, atol=within)
    extensible = struct.pack("<HHI", 22, bits, 0) + struct.pack("<H", tag) + b"\0" * 14
    again, _ = wav.read(file_of(data, 0xFFFE, bits, extra=extensible), 10.0)
    np.testing.assert_array_equal(again, samples)


def test_channels_are_averaged() -> None:
    stereo = np.stack([TONE, -TONE / 2], axis=1).astype("<f4")
    samples, _ = wav.read(file_of(stereo.tobytes(), 3, 32, channels=2), 10.0)
    np.testing.assert_allclose(samples, TONE / 4, atol=1e-6)


def test_a_stream_of_open_length_and_one_that_was_cut() -> None:
    data = encode(TONE, Encoding.PCM16)
    samples, _ = wav.read(io.BytesIO(wav.header(16_000) + data), 10.0)
    assert len(samples) == len(TONE)
    samples, _ = wav.read(io.BytesIO(wav.header(16_000, data_bytes=len(data)) + data[:1_001]), 10.0)
    assert len(samples) == 500
    samples, _ = wav.read(io.BytesIO(wav.header(16_000) + data), 0.1)
    assert len(samples) == 1_600


@pytest.mark.parametrize(
    "data",
    [b"", b"RIFF", b"no wave file at all", wav.header(16_000)[:36], wav.header(16_000)[:12] + b"data\4\0\0\0abcd"],
)
def test_what_is_no_wav_file_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidAudio):
        wav.read(io.BytesIO(data), 10.0)


@pytest.mark.parametrize(("tag", "bits", "channels"), [(85, 16, 1), (1, 12, 1), (1, 16, 0)])
def test_other_codecs_are_refused(tag: int, bits: int, channels: int) -> None:
    with pytest.raises(InvalidAudio):
        wav.read(file_of(bytes(100), tag, bits, channels), 10.0)
