"""Audio files in, whatever they are."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

import av
import numpy as np
import pytest

from makima.audio import files, wav
from makima.audio.pcm import Encoding
from makima.errors import AssetError, InvalidAudio
from makima.events import Samples
from tests.support.recordings import write_audio

RATE_HZ = 24_000
PITCH_HZ = 440.0


def tone(seconds: float, rate_hz: int, pitch_hz: float = PITCH_HZ) -> Samples:
    return (0.5 * np.sin(2 * np.pi * pitch_hz * np.arange(int(seconds * rate_hz)) / rate_hz)).astype(np.float32)


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
        ("a.aiff", "pcm_s16be", 44_100),
        ("a.m4a", "aac", 44_100),
        ("a.aac", "aac", 48_000),
        ("a.webm", "libopus", 48_000),
    ],
)
def test_any_format(tmp_path: Path, name: str, codec: str, rate_hz: int, channels: int) -> None:
    path = write_audio(tmp_path / name, codec, rate_hz, [tone(1.0, rate_hz)] * channels)
    samples = files.decode(path, RATE_HZ)
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert abs(len(samples) - RATE_HZ) < 0.1 * RATE_HZ, "MP3 adds some"
    assert abs(loudest_hz(samples) - PITCH_HZ) < 5
    middle = samples[RATE_HZ // 2 : 3 * RATE_HZ // 4]
    assert abs(np.abs(middle).max() - 0.5) < 0.05


@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
def test_channels_that_cancel_out_give_the_first(tmp_path: Path, name: str) -> None:
    left = tone(0.5, RATE_HZ)
    path = write_audio(tmp_path / name, "flac" if name == "a.flac" else "pcm_s16le", RATE_HZ, [left, -left])
    np.testing.assert_allclose(files.decode(path, RATE_HZ), left, atol=1e-3)
    if name == "a.wav":
        with path.open("rb") as file:
            np.testing.assert_allclose(wav.read(file, 1.0)[0], left, atol=1e-3)


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


def test_an_upload_that_is_no_audio_is_called_so_in_whole_sentences() -> None:
    with pytest.raises(InvalidAudio) as caught:
        files.decode(io.BytesIO(b"rubbish" * 99), 16_000)
    reason = "it is no audio, it is damaged, or its format is not known here"
    assert str(caught.value) == f"the upload cannot be decoded: {reason}. Save it as WAV."


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


def test_files_are_read_without_a_decoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "find_spec", lambda _: None)
    signal, path = tone(0.5, 8_000), tmp_path / "tone.wav"
    wav.write(path, signal, 8_000)
    assert len(files.decode(path, 16_000)) == 2 * len(signal)
    with path.open("rb") as file:
        assert len(files.decode(file, 8_000)) == len(signal)
    wav.write(path, signal[:0], 8_000)
    with pytest.raises(InvalidAudio, match="no sound"):
        files.decode(path, 16_000)


def test_a_bomb_is_not_decoded_to_its_end(tmp_path: Path) -> None:
    """Half an hour of silence in 250 KB: 173 MB of samples at 24 kHz."""
    minute = np.zeros(60 * RATE_HZ, np.int16)
    path = tmp_path / "bomb.flac"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("flac", rate=RATE_HZ, layout="mono")
        for _ in range(30):
            frame = av.AudioFrame.from_ndarray(minute[None], format="s16", layout="mono")
            frame.sample_rate = RATE_HZ
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert path.stat().st_size < 500_000
    tracemalloc.start()
    samples = files.decode(io.BytesIO(path.read_bytes()), RATE_HZ)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(samples) == files.MAX_AUDIO_S * RATE_HZ
    assert peak_bytes < 4 * samples.nbytes


def test_a_rate_that_would_blow_it_up_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav.header(2, data_bytes=20_000) + bytes(20_000))
    with pytest.raises(InvalidAudio, match="2 Hz"):
        files.decode(path, RATE_HZ)


def test_a_playlist_opens_nothing(tmp_path: Path) -> None:
    """FFmpeg follows the names in a playlist; a recording could read this machine's files that way."""
    write_audio(tmp_path / "secret.mp3", "libmp3lame", RATE_HZ, [tone(1.0, RATE_HZ)])
    text = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{tmp_path}/secret.mp3\n#EXT-X-ENDLIST\n"
    (tmp_path / "a.m3u8").write_text(text)
    av.open(str(tmp_path / "a.m3u8")).close()  # as it would be without a list of what may be opened
    for source in (tmp_path / "a.m3u8", io.BytesIO(text.encode())):
        with pytest.raises(InvalidAudio):
            files.decode(source, RATE_HZ)


def float_wav(values: list[float], rate_hz: int = RATE_HZ) -> io.BytesIO:
    data = np.asarray(values, "<f4").tobytes()
    return io.BytesIO(wav.header(rate_hz, Encoding.PCM32F, data_bytes=len(data)) + data)


@pytest.mark.parametrize("decoder", [True, False])
@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -3e38])
def test_numbers_that_are_no_sound_are_refused(monkeypatch: pytest.MonkeyPatch, wrong: float, decoder: bool) -> None:
    if not decoder:
        monkeypatch.setattr(files, "find_spec", lambda _: None)
    with pytest.raises(InvalidAudio, match="no sound"):
        files.decode(float_wav([0.1, wrong] * 500), RATE_HZ)


@pytest.mark.parametrize("decoder", [True, False])
@pytest.mark.parametrize("rate_hz", [1, 1_000_000_000])
def test_a_rate_that_no_recording_has_is_refused(monkeypatch: pytest.MonkeyPatch, rate_hz: int, decoder: bool) -> None:
    if not decoder:
        monkeypatch.setattr(files, "find_spec", lambda _: None)
    with pytest.raises(InvalidAudio, match=f"{rate_hz} Hz"):
        files.decode(float_wav([0.1] * 500, rate_hz), RATE_HZ)
