"""Recordings that are decoded in a helper process: the same sound, and faults that cost their sender alone."""

from __future__ import annotations

import io
import os
import signal
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from makima.audio import files, wav
from makima.decoding import Decoder
from makima.decoding.limits import DEFAULT, Limits
from makima.errors import AssetError, InvalidAudio
from tests.native_process.programs import is_running
from tests.support.recordings import speech, wav_bytes, write_audio
from tests.support.server.streams import eventually

RATE_HZ = 16_000


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    decoder = Decoder()
    yield decoder
    decoder.close()


@pytest.fixture
def confined() -> Iterator[Decoder]:
    """One whose limits are those of a very small recording."""
    decoder = Decoder(Limits(memory_bytes=16 << 20, cpu_s=0))
    yield decoder
    decoder.close()


def minutes(count: float) -> bytes:
    """A WAV file of silence at a low rate, which is cheap to make and takes a while to resample."""
    data = bytes(int(count * 60 * 8_000))
    form = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", len(data) + 36, b"WAVE", b"fmt ", 16, 1, 1, 8_000, 8_000, 1, 8)
    return form + struct.pack("<4sI", b"data", len(data)) + data


@pytest.mark.parametrize(("name", "codec"), [("a.wav", "pcm_s16le"), ("a.mp3", "libmp3lame"), ("a.ogg", "libopus")])
def test_the_sound_is_that_of_the_file(tmp_path: Path, decoder: Decoder, name: str, codec: str) -> None:
    path = write_audio(tmp_path / name, codec, 48_000, [speech(3.0, rate_hz=48_000)] * 2)
    found = decoder.decode(io.BytesIO(path.read_bytes()), RATE_HZ, 2.0)
    np.testing.assert_array_equal(found, files.decode(path, RATE_HZ, 2.0))


def test_one_process_serves_recordings_in_a_row(decoder: Decoder) -> None:
    pids = set()
    for _ in range(3):
        decoder.decode(io.BytesIO(wav_bytes(speech(0.5))), RATE_HZ, 9.0)
        pids |= set(decoder.pids())
    assert len(pids) == 1


@pytest.mark.parametrize("data", [b"", b"no audio", b"RIFF\xff\xff\xff\xffWAVE", wav.header(RATE_HZ, data_bytes=0)])
def test_an_error_says_what_it_says_without_a_process(decoder: Decoder, data: bytes) -> None:
    with pytest.raises((InvalidAudio, AssetError)) as here:
        files.decode(io.BytesIO(data), RATE_HZ)
    with pytest.raises(type(here.value)) as there:
        decoder.decode(io.BytesIO(data), RATE_HZ, 9.0)
    assert str(there.value) == str(here.value)


def test_a_length_that_is_a_lie_is_not_believed(decoder: Decoder) -> None:
    lying = bytearray(minutes(0.1))
    lying[40:44] = struct.pack("<I", 4_000_000_000)
    assert len(decoder.decode(io.BytesIO(lying), RATE_HZ, 1_800.0)) <= 6 * RATE_HZ


def test_more_than_is_wanted_is_not_decoded(decoder: Decoder) -> None:
    assert len(decoder.decode(io.BytesIO(minutes(5)), RATE_HZ, 1.0)) == RATE_HZ


def test_a_recording_that_takes_too_much_is_refused_and_the_next_one_is_not(confined: Decoder) -> None:
    small = wav_bytes(speech(0.5))
    for _ in range(2):
        with pytest.raises(InvalidAudio):
            confined.decode(io.BytesIO(minutes(100)), 48_000, 6_000.0)
        assert len(confined.decode(io.BytesIO(small), RATE_HZ, 9.0))


def test_time_on_a_processor_ends() -> None:
    decoder = Decoder(Limits(memory_bytes=DEFAULT.memory_bytes, cpu_s=0))
    try:
        with pytest.raises(InvalidAudio, match="takes more memory or time"):
            decoder.decode(io.BytesIO(minutes(100)), 96_000, 1_200.0)
    finally:
        decoder.close()


def test_a_process_that_has_held_much_ends_and_gives_it_back(decoder: Decoder) -> None:
    small = wav_bytes(speech(0.5))
    decoder.decode(io.BytesIO(small), RATE_HZ, 9.0)
    (pid,) = decoder.pids()
    decoder.decode(io.BytesIO(minutes(30)), 48_000, 1_800.0)
    assert eventually(lambda: not is_running(pid))
    assert len(decoder.decode(io.BytesIO(small), RATE_HZ, 9.0))


class Harmful(io.BytesIO):
    """An upload that, half read, ends or stops the decoder: so many times."""

    def __init__(self, decoder: Decoder, ending: signal.Signals, times: int) -> None:
        super().__init__(wav_bytes(speech(9.0)))
        self._decoder, self._ending, self._left = decoder, ending, times

    def read(self, size: int | None = -1, /) -> bytes:
        if self._left and self.tell() > 100_000:
            self._left -= 1
            for pid in self._decoder.pids():
                os.kill(pid, self._ending)
            return super().read(size) + super().read()
        return super().read(size)


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGSTOP])
class TestFailures:
    def test_a_process_that_fails_once_is_not_noticed(self, decoder: Decoder, ending: signal.Signals) -> None:
        whole = decoder.decode(io.BytesIO(wav_bytes(speech(9.0))), RATE_HZ, 9.0)
        np.testing.assert_array_equal(decoder.decode(Harmful(decoder, ending, 1), RATE_HZ, 9.0), whole)

    def test_one_that_fails_again_costs_one_upload(self, decoder: Decoder, ending: signal.Signals) -> None:
        with pytest.raises(InvalidAudio, match="crashes the decoder"):
            decoder.decode(Harmful(decoder, ending, 2), RATE_HZ, 9.0)
        assert len(decoder.decode(io.BytesIO(wav_bytes(speech(0.5))), RATE_HZ, 9.0))

    def test_one_that_fails_while_it_is_idle_is_not_noticed(self, decoder: Decoder, ending: signal.Signals) -> None:
        upload = wav_bytes(speech(0.5))
        whole = decoder.decode(io.BytesIO(upload), RATE_HZ, 9.0)
        for pid in decoder.pids():
            os.kill(pid, ending)
        np.testing.assert_array_equal(decoder.decode(io.BytesIO(upload), RATE_HZ, 9.0), whole)
