"""Speech to listen to, said by the embedded voice."""

from __future__ import annotations

from functools import cache

import numpy as np

from makima.audio.resample import Resampler
from makima.engines.espeak import EspeakEngine
from makima.engines.protocol import SpeechRequest
from makima.events import AudioChunk, Samples
from makima.stt.protocol import RATE_HZ


@cache
def spoken(text: str, voice: str = "makima", rate_hz: int = RATE_HZ, language: str = "English") -> Samples:
    """`text` as [S] at `rate_hz`."""
    engine = EspeakEngine(workers=1)
    engine.load(lambda _: None)
    try:
        stream = engine.open(SpeechRequest(voice, language))
        stream.feed(text)
        stream.end_text()
        samples = np.concatenate([event.samples for event in stream if isinstance(event, AudioChunk)])
        resampler = Resampler(stream.sample_rate_hz, rate_hz)
        return np.concatenate([resampler.push(samples), resampler.flush()])
    finally:
        engine.close()


def silence(seconds: float, rate_hz: int = RATE_HZ) -> Samples:
    """A quiet room: noise at -70 dB, always the same."""
    noise = np.random.default_rng(1).standard_normal(round(seconds * rate_hz))
    return (noise * 10 ** (-70 / 20)).astype(np.float32)


def conversation(*parts: Samples | float, rate_hz: int = RATE_HZ) -> Samples:
    """Speech, and silences in seconds, one after the other."""
    return np.concatenate([silence(part, rate_hz) if isinstance(part, float) else part for part in parts])
