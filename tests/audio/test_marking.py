"""What files say of themselves."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np
import pytest

from makima.audio import wav
from makima.audio.marking import STATEMENT, SYNTHETIC, statement_in
from makima.audio.pcm import Encoding, encode
from makima.errors import InvalidAudio
from tests.support.marks import encoded
from tests.support.models.checkpoints import hum


def test_a_file_and_a_stream(tmp_path: Path) -> None:
    wav.write(tmp_path / "file.wav", hum(), 24_000, SYNTHETIC)
    (tmp_path / "stream.wav").write_bytes(wav.header(24_000, about=SYNTHETIC) + encode(hum(), Encoding.PCM16))
    wav.write(tmp_path / "recording.wav", hum(), 24_000)
    assert statement_in(tmp_path / "file.wav") == STATEMENT
    assert statement_in(tmp_path / "stream.wav") == STATEMENT
    assert statement_in(tmp_path / "recording.wav") is None


@pytest.mark.parametrize("data_bytes", [None, 4])
def test_the_chunk_leaves_the_samples_where_readers_find_them(data_bytes: int | None) -> None:
    header = wav.header(24_000, data_bytes=data_bytes, about=SYNTHETIC)
    assert len(header) % 2 == 0
    with wave.open(io.BytesIO(header + b"\1\0\2\0")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 24_000)
        np.testing.assert_array_equal(np.frombuffer(file.readframes(2), "<i2"), [1, 2])


@pytest.mark.parametrize(("kind", "codec"), [("mp3", "mp3"), ("flac", "flac"), ("ogg", "libopus"), ("ipod", "aac")])
def test_other_formats(tmp_path: Path, kind: str, codec: str) -> None:
    path = tmp_path / "copy"
    path.write_bytes(encoded(hum(), 48_000, kind, codec, comment=STATEMENT))
    assert statement_in(path) == STATEMENT
    path.write_bytes(encoded(hum(), 48_000, kind, codec, comment="Recorded at home"))
    assert statement_in(path) is None


@pytest.mark.parametrize("content", [b"", b"no audio at all"])
def test_what_is_no_audio(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.wav").write_bytes(content)
    with pytest.raises(InvalidAudio, match=r"x\.wav cannot be read"):
        statement_in(tmp_path / "x.wav")
