"""Samples to bytes and back: little-endian mono PCM."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from makima.events import Samples


class Encoding(StrEnum):
    """The format of a sample."""

    PCM16 = "pcm16"
    PCM32F = "pcm32f"

    @property
    def sample_bytes(self) -> int:
        return 2 if self is Encoding.PCM16 else 4

    @property
    def wire_format(self) -> str:
        """The name `audio_end` uses."""
        return "pcm_s16le" if self is Encoding.PCM16 else "pcm_f32le"


def encode(samples: Samples, encoding: Encoding) -> bytes:
    """`samples` [S] float32 as bytes. Values outside [-1, 1] are clipped in `pcm16` and kept in `pcm32f`."""
    if encoding is Encoding.PCM32F:
        return samples.astype("<f4", copy=False).tobytes()
    # 32767 in both directions, so that 0, +1 and -1 are exact after `decode`.
    scaled: Samples = np.clip(samples, -1.0, 1.0) * np.float32(32767.0)
    return np.rint(scaled).astype("<i2").tobytes()


def decode(data: bytes | memoryview, encoding: Encoding) -> Samples:
    """The samples [S] float32 in `data`, whose length must be a whole number of samples."""
    if encoding is Encoding.PCM32F:
        return np.frombuffer(data, dtype="<f4").astype(np.float32, copy=False)
    return np.frombuffer(data, dtype="<i2").astype(np.float32) / np.float32(32767.0)
