"""Audio files in, whatever they are."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest

from makima.audio import files, wav
from makima.errors import AssetError, InvalidAudio
from makima.events import Samples

RATE_HZ = 24_000
PITCH_HZ = 440.0


def tone(seconds: float, rate_hz: int, pitch_hz: float = PITCH_HZ) -> Samples:
    return (0.5 * np.sin(2 * np.pi * pitch_hz * np.arange(int(seconds * rate_hz)) / rate_hz)).astype(np.float32)


def write_audio(path: Path, codec: str, rate_hz: int, channels: list[Samples], form: str = "fltp") -> Path:
    """An audio file by FFmpeg's encoders."""
    layout = {1: "mono", 2: "stereo"}[len(channels)]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate_hz, layout=layout)
        assert isinstance(stream, av.AudioStream)
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=rate_hz, frame_size=1024)
        frame = av.AudioFrame.from_ndarray(np.stack(channels), format=form, layout=layout)
        frame.sample_rate = rate_hz
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path


def loudest_hz(samples: Samples) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * RATE_HZ / len(samples))


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(
    ("name", "codec", "rate_hz"),
    [
        ("a.wav", "pcm_s16le", 16_000),
        ("a.wav", "pcm_s24le", 96_000),
        ("a.wav", "pcm_f32le", 24_000),
        ("a.wav", "pcm_u8", 8_000),
        ("a.flac", "flac", 44_100),
        ("a.mp3", "libmp3lame", 22_050),
        ("a.ogg", "libopus", 48_000),
    ],
)
def test_any_format(tmp_path: Path, name: str, codec: str, rate_hz: int, channels: int) -> None:
    path = write_audio(tmp_path / name, codec, rate_hz, [tone(1.0, rate_hz)] * channels)
    samples = files.decode(path, RATE_HZ)
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert abs(len(samples) - RATE_HZ) < 0.1 * RATE_HZ, "MP3 adds some"
    assert abs(loudest_hz(samples) - PITCH_HZ) < 5
    middle = samples[RATE_HZ // 4 : RATE_HZ // 2]
    assert abs(np.abs(middle).max() - 0.5) < 0.05


def test_stereo_becomes_the_mean(tmp_path: Path) -> None:
    left, right = tone(0.5, RATE_HZ, 400.0), tone(0.5, RATE_HZ, 1000.0)
    samples = files.decode(write_audio(tmp_path / "a.wav", "pcm_f32le", RATE_HZ, [left, right]), RATE_HZ)
    np.testing.assert_allclose(samples, (left + right) / 2, atol=0.02)


def test_our_own_is_read_as_it_was_written(tmp_path: Path) -> None:
    expected = tone(0.3, RATE_HZ)
    wav.write(tmp_path / "a.wav", expected, RATE_HZ)
    np.testing.assert_allclose(files.decode(tmp_path / "a.wav", RATE_HZ), expected, atol=1e-4)


def test_an_upload(tmp_path: Path) -> None:
    path = write_audio(tmp_path / "a.flac", "flac", RATE_HZ, [tone(0.5, RATE_HZ)])
    np.testing.assert_array_equal(files.decode(io.BytesIO(path.read_bytes()), RATE_HZ), files.decode(path, RATE_HZ))


def test_what_is_too_long_is_cut(tmp_path: Path) -> None:
    path = write_audio(tmp_path / "a.flac", "flac", RATE_HZ, [tone(3.0, RATE_HZ)])
    assert len(files.decode(path, RATE_HZ, max_s=0.5)) == RATE_HZ // 2


@pytest.mark.parametrize("content", [b"", b"RIFF", b"this is no audio at all" * 100, bytes(5000)])
def test_what_is_no_audio(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(InvalidAudio, match=r"a\.wav"):
        files.decode(tmp_path / "a.wav", RATE_HZ)
    with pytest.raises(InvalidAudio, match="the upload"):
        files.decode(io.BytesIO(content), RATE_HZ)


def test_no_sound_and_no_file(tmp_path: Path) -> None:
    wav.write(tmp_path / "a.wav", np.zeros(0, np.float32), RATE_HZ)
    with pytest.raises(InvalidAudio):
        files.decode(tmp_path / "a.wav", RATE_HZ)
    with pytest.raises(InvalidAudio, match=r"none\.wav"):
        files.decode(tmp_path / "none.wav", RATE_HZ)


def test_without_the_decoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "find_spec", lambda _: None)
    (tmp_path / "a.mp3").write_bytes(b"ID3")
    with pytest.raises(AssetError, match="pip install av"):
        files.decode(tmp_path / "a.mp3", RATE_HZ)
    with pytest.raises(InvalidAudio, match="cannot be read"):
        files.decode(tmp_path / "b.wav", RATE_HZ)
