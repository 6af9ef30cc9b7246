"""What the fake engine's audio must be, so that tests can say exactly what should have arrived."""

from __future__ import annotations

import numpy as np

from makima.audio.pcm import Encoding, encode
from makima.engines.fake import CHARACTER_SAMPLES, SAMPLE_RATE_HZ, tone
from makima.events import Samples

CHARACTER_MS = 1000 * CHARACTER_SAMPLES // SAMPLE_RATE_HZ


def tones(text: str, octave: float = 1.0) -> Samples:
    """The audio of `text` at the fake engine's own rate."""
    return np.concatenate([tone(character, octave) for character in text])


def tones_pcm16(text: str, octave: float = 1.0) -> bytes:
    return encode(tones(text, octave), Encoding.PCM16)
