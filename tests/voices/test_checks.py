"""What is told of a recording, in words."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest

from makima.errors import InvalidAudio
from makima.events import Samples
from makima.voices.recording import RATE_HZ, prepare, read_recording, require_useful
from tests.support.recordings import TRANSCRIPT, silence, speech, wav_bytes


def codes(samples: Samples, transcript: str | None = None) -> dict[str, str]:
    return {finding.code: finding.level for finding in prepare(samples, transcript).findings}


def test_a_good_one() -> None:
    assert codes(speech(8.0), TRANSCRIPT) == {}


BAD: dict[str, tuple[Samples, str, str]] = {
    "too short": (speech(2.0), "short", "error"),
    "hardly long enough": (speech(4.0), "length", "advice"),
    "longer than best": (speech(20.0), "length", "advice"),
    "longer than is kept": (speech(40.0), "cut", "warning"),
    "silent": (silence(8.0), "silent", "error"),
    "nothing": (silence(0.0), "silent", "error"),
    "not numbers": (np.full(8 * RATE_HZ, np.nan, np.float32), "broken", "error"),
    "clipped": (np.clip(speech(8.0, level=2.0), -1, 1), "clipping", "warning"),
    "noisy": (speech(8.0, noise=0.03), "noise", "warning"),
    "nothing but noise": (speech(8.0, level=0.0, noise=0.1), "noise", "warning"),
    "almost nothing but noise": (speech(8.0, noise=0.08), "noise", "warning"),
    "far beyond full scale": (speech(8.0, level=1e4), "level", "error"),
    "at the end of floats": (speech(8.0, level=1e38), "level", "error"),
    "mostly pauses": (np.concatenate([speech(2.0), silence(9.0), speech(2.0)]), "pauses", "warning"),
    "one long pause": (np.concatenate([speech(5.0), silence(3.0), speech(5.0)]), "pauses", "advice"),
    "two loudnesses": (np.concatenate([speech(5.0), speech(5.0, level=0.02)]), "loudness", "warning"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_found(name: str) -> None:
    samples, code, level = BAD[name]
    assert codes(samples)[code] == level


@pytest.mark.parametrize(
    ("transcript", "found"),
    [
        (TRANSCRIPT, False),
        (None, False),
        ("Hm.", True),
        (TRANSCRIPT * 6, True),
        ("今日はとても良い天気なので、公園まで散歩に行こうと思います。", False),
        ("今日", True),
        ("今日はとても良い天気なので、公園まで散歩に行こうと思います。" * 5, True),
    ],
)
def test_a_transcript_that_cannot_be_right(transcript: str | None, found: bool) -> None:
    assert ("transcript" in codes(speech(8.0), transcript)) == found


def wav_file(kind: int, bits: int, data: bytes) -> io.BytesIO:
    """A WAV file whose header says that `data` is of this kind."""
    width = bits // 8
    head = struct.pack("<HHIIHH", kind, 1, RATE_HZ, RATE_HZ * width, width, bits)
    body = b"WAVEfmt " + struct.pack("<I", len(head)) + head + b"data" + struct.pack("<I", len(data)) + data
    return io.BytesIO(b"RIFF" + struct.pack("<I", len(body)) + body)


@pytest.mark.parametrize(("kind", "bits"), [(7, 8), (6, 8), (1, 16), (17, 4), (2, 4)])
def test_a_file_that_holds_something_else_than_it_says(kind: int, bits: int) -> None:
    rubbish = np.random.default_rng(1).integers(0, 256, 8 * RATE_HZ, dtype=np.uint8).tobytes()
    with pytest.raises(InvalidAudio):
        require_useful(read_recording(wav_file(kind, bits, rubbish), TRANSCRIPT))


def test_floats_far_beyond_full_scale() -> None:
    loud = (np.random.default_rng(1).standard_normal(8 * RATE_HZ) * 1e37).astype("<f4").tobytes()
    with pytest.raises(InvalidAudio):
        require_useful(read_recording(wav_file(3, 32, loud), TRANSCRIPT))


def test_a_file_of_speech() -> None:
    for noise in (0.0005, 0.08):
        require_useful(read_recording(io.BytesIO(wav_bytes(speech(8.0, noise=noise))), TRANSCRIPT))
