"""Recordings of somebody who speaks, more or less, and files of them."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

from makima.audio import wav
from makima.audio.pcm import Encoding, encode
from makima.events import Samples

RATE_HZ = 24_000

TRANSCRIPT = "Every voice is somebody's own, and this one was made for a test that listens to it."
"""About as long as `speech(6.0)`, which says nothing of the kind."""


def speech(seconds: float = 6.0, *, level: float = 0.2, noise: float = 0.0005, rate_hz: int = RATE_HZ) -> Samples:
    """Syllables of a humming voice with short gaps, over faint noise: the same every time."""
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    voice = sum(np.sin(2 * np.pi * 150.0 * n * t + n) / n for n in range(1, 8))
    syllables = np.clip(np.sin(2 * np.pi * 2.5 * t) + 0.6, 0, 1)
    hiss = np.random.default_rng(1).standard_normal(len(t))
    return (level * syllables * voice + noise * hiss).astype(np.float32)


def wav_bytes(samples: Samples) -> bytes:
    """A WAV file at `RATE_HZ`."""
    data = encode(samples, Encoding.PCM16)
    return wav.header(RATE_HZ, data_bytes=len(data)) + data


def silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE_HZ), np.float32)


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
