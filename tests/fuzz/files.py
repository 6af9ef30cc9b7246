"""Cases of recordings, and of folders of voices."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from functools import cache
from pathlib import Path
from random import Random

import av
import numpy as np

from makima.audio import wav
from makima.audio.files import decode
from makima.audio.pcm import Encoding, encode
from makima.errors import MakimaError
from makima.voices.manifest import MANIFEST, REFERENCE, read_voices
from tests.fuzz.generators import encoded, fields, mutated

RATE_HZ = 16_000
MAX_S = 2.0


@cache
def folder() -> Path:
    """A folder of this process, in memory where there is such a place."""
    return Path(tempfile.mkdtemp(prefix="fuzz-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))


@cache
def recordings() -> Sequence[bytes]:
    """A short tone in each container that is taken."""
    tone = (0.3 * np.sin(np.arange(4_000) / 5)).astype(np.float32)
    made = [wav.header(RATE_HZ, data_bytes=8_000) + encode(tone, Encoding.PCM16)]
    made.append(wav.header(RATE_HZ, Encoding.PCM32F, data_bytes=16_000) + encode(tone, Encoding.PCM32F))
    for container, codec, rate_hz in (
        *(("mp3", "mp3", 16_000), ("ogg", "libopus", 48_000), ("flac", "flac", 16_000), ("adts", "aac", 16_000)),
        *(
            ("mov", "aac", 16_000),
            ("matroska", "flac", 16_000),
            ("aiff", "pcm_s16be", 16_000),
            ("au", "pcm_mulaw", 8_000),
        ),
        *(
            ("w64", "pcm_s16le", 16_000),
            ("caf", "pcm_s16le", 16_000),
            ("webm", "libopus", 48_000),
            ("ogg", "flac", 16_000),
        ),
    ):
        out = io.BytesIO()
        with av.open(out, mode="w", format=container) as file:
            stream = file.add_stream(codec, rate=rate_hz, layout="mono")
            assert isinstance(stream, av.AudioStream)
            frame = av.AudioFrame.from_ndarray((tone * 32_767).astype(np.int16)[None], format="s16", layout="mono")
            frame.rate, frame.pts, frame.time_base = RATE_HZ, 0, Fraction(1, RATE_HZ)
            resampler = av.AudioResampler(stream.format, "mono", rate_hz, stream.codec_context.frame_size or None)
            for piece in [*resampler.resample(frame), *resampler.resample(None)]:
                file.mux(stream.encode(piece))
            file.mux(stream.encode(None))
        made.append(out.getvalue())
    return made


def audio(random: Random) -> None:
    """A recording with a damaged head, in each container; no more than asked for is decoded of it."""
    data = mutated(random, random.choice(recordings()))
    with suppress(MakimaError):
        samples = decode(io.BytesIO(data), RATE_HZ, MAX_S)
        assert len(samples) <= MAX_S * RATE_HZ
    with suppress(MakimaError):
        wav.read(io.BytesIO(data), MAX_S)


def manifests(random: Random) -> None:
    """A folder of voices, whose manifest and recording say anything."""
    voice = folder() / "voices" / "lena"
    voice.mkdir(parents=True, exist_ok=True)
    known = {
        "name": ("Lena", "x" * 500),
        "language": ("English", "Klingon"),
        "description": ("",),
        "consent": ({"who": "a", "when": "2026-01-01T00:00:00Z", "words": "I agree to it all"},),
        "origin": ({"engine": "x"},),
        "created": ("2026-01-01T00:00:00Z", "9999-99-99", -1),
    }
    (voice / MANIFEST).write_text(encoded(random, fields(random, known)), encoding="utf-8", errors="replace")
    (voice / REFERENCE).write_bytes(mutated(random, recordings()[random.randrange(2)][:300]))
    for found in read_voices(voice.parent):
        found.as_voice("fake")
