"""Formats that are written while the audio is made: what a decoder reads back, and what stands in the bytes."""

from __future__ import annotations

import io

import numpy as np
import pytest

from makima.audio import files
from makima.audio.muxing import Container, container, make_muxer
from makima.errors import InvalidMessage

RATE_HZ = 24_000
PIECE = 480


def _tone(seconds: float, rate_hz: int = RATE_HZ) -> bytes:
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    return (np.sin(2 * np.pi * 440 * t) * 10_000).astype("<i2").tobytes()


def _mux(form: Container, pcm: bytes, rate_hz: int = RATE_HZ, piece: int = PIECE) -> bytes:
    muxer = make_muxer(form, rate_hz)
    pieces = [muxer.push(pcm[at : at + 2 * piece]) for at in range(0, len(pcm), 2 * piece)]
    return b"".join([*pieces, muxer.finish()])


CODED = [Container.MP3, Container.OPUS, Container.AAC, Container.FLAC, Container.WAV]


@pytest.mark.parametrize("form", CODED)
def test_the_whole_sound_comes_back(form: Container) -> None:
    """The end too: what is in the encoder at the end of the text is written."""
    heard = files.decode(io.BytesIO(_mux(form, _tone(1.0))), RATE_HZ)
    assert 1.0 <= len(heard) / RATE_HZ < 1.1
    last = heard[int(0.9 * RATE_HZ) : int(0.98 * RATE_HZ)]
    assert np.sqrt(np.mean(last**2)) > 0.15
    spectrum = np.abs(np.fft.rfft(heard))
    assert np.argmax(spectrum) / len(heard) * RATE_HZ == pytest.approx(440, abs=2)


@pytest.mark.parametrize("form", list(Container))
def test_first_bytes_come_long_before_the_end(form: Container) -> None:
    muxer = make_muxer(form, RATE_HZ)
    pcm = _tone(0.2)
    assert any(muxer.push(pcm[at : at + 960]) for at in range(0, len(pcm), 960))


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 24_000, 44_100, 48_000])
@pytest.mark.parametrize("form", CODED)
def test_any_rate_is_written_in_real_time(form: Container, rate_hz: int) -> None:
    """An encoder that does not take a rate gets a higher one."""
    heard = files.decode(io.BytesIO(_mux(form, _tone(0.5, rate_hz), rate_hz)), RATE_HZ)
    assert 0.5 <= len(heard) / RATE_HZ < 0.65


def test_mp3_has_no_header_of_its_own() -> None:
    """Two answers that are joined play as long as both."""
    data = _mux(Container.MP3, _tone(1.0))
    assert data[:2] in (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")
    assert b"Xing" not in data
    assert b"Info" not in data
    assert b"ID3" not in data
    assert len(files.decode(io.BytesIO(data + data), RATE_HZ)) / RATE_HZ > 2.0


@pytest.mark.parametrize("form", [Container.MULAW, Container.ALAW])
def test_companded_audio_has_a_byte_a_sample(form: Container) -> None:
    assert len(_mux(form, _tone(0.5, 8_000), 8_000)) == 4_000


def test_wav_sizes_are_open() -> None:
    data = _mux(Container.WAV, _tone(0.1))
    assert data[4:8] == b"\xff\xff\xff\xff"
    assert data.endswith(_tone(0.1))


@pytest.mark.parametrize("form", [Container.OPUS, Container.FLAC])
def test_files_say_what_they_are(form: Container) -> None:
    assert b"Synthetic speech" in _mux(form, _tone(0.1))


@pytest.mark.parametrize("form", list(Container))
def test_nothing_spoken_is_no_error(form: Container) -> None:
    assert isinstance(make_muxer(form, RATE_HZ).finish(), bytes)


def test_an_unknown_format_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidMessage, match="mp3, opus, aac, flac, wav, pcm"):
        container("midi")
