"""Speech with the inaudible mark and without, and what happens to recordings on their way."""

from __future__ import annotations

import io
from functools import cache

import av
import numpy as np
import soxr

from makima.engines.espeak import EspeakEngine
from makima.events import Samples
from makima.models.perth.detector import Detection, Detector
from makima.models.perth.marker import Encoder, Marker
from makima.models.perth.spectrum import RATE_HZ
from makima.models.perth.weights import read_weights
from tests.support.server.streams import speak

SPEECH_HZ = 22_050
TEXT = "The quick brown fox jumps over the lazy dog, and she sells sea shells by the sea shore."


@cache
def encoder() -> Encoder:
    return Encoder(read_weights())


@cache
def speech() -> Samples:
    """About six seconds of the embedded voice, at `SPEECH_HZ`."""
    engine = EspeakEngine(workers=1)
    try:
        return speak(engine, TEXT).samples
    finally:
        engine.close()


def mark(samples: Samples, rate_hz: int = SPEECH_HZ, piece: int = 1_764) -> Samples:
    """Marked as in a stream of such pieces."""
    marker = Marker(encoder(), rate_hz)
    pieces = [marker.push(samples[start : start + piece]) for start in range(0, len(samples), piece)]
    return np.concatenate([*pieces, marker.flush()])


def resampled(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    return np.asarray(soxr.resample(samples, from_hz, to_hz), np.float32)


def look(samples: Samples, rate_hz: int = SPEECH_HZ) -> Detection:
    """What the detector finds."""
    return Detector(read_weights()).detect(resampled(samples, rate_hz, RATE_HZ))


def encoded(
    samples: Samples, rate_hz: int, kind: str, codec: str, bits_per_s: int = 64_000, comment: str | None = None
) -> bytes:
    """A file of this kind."""
    data = io.BytesIO()
    with av.open(data, "w", format=kind) as container:
        if comment is not None:
            container.metadata["comment"] = comment
        stream = container.add_stream(codec, rate=rate_hz)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono"
        stream.bit_rate = bits_per_s
        pcm = np.rint(np.clip(samples, -1, 1) * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
        frame.sample_rate = rate_hz
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return data.getvalue()
