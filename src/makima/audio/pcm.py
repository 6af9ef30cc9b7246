"""Samples to bytes and back: little-endian mono PCM; and integer PCM of any width and number of channels to samples."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import numpy as np

from makima.events import Samples

WIDTHS: Final = (1, 2, 3, 4)
"""Bytes of one integer sample that `Unpacker` takes."""

MAX_CHANNELS: Final = 8


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


class Unpacker:
    """Integer PCM, in pieces cut anywhere, to mono samples.

    A frame is one sample of each channel, and its channels are averaged. Samples of one byte are unsigned, as in WAV
    files; wider ones are signed and little-endian.
    """

    def __init__(self, width_bytes: int, channels: int) -> None:
        """For samples of one of `WIDTHS`, and 1 to `MAX_CHANNELS` channels."""
        assert width_bytes in WIDTHS
        assert 1 <= channels <= MAX_CHANNELS
        self._width_bytes = width_bytes
        self._channels = channels
        self._rest = b""

    def push(self, data: bytes) -> Samples:
        """The samples [S] float32 in [-1, 1] of the frames that are whole so far."""
        data = self._rest + data
        whole = len(data) - len(data) % (self._width_bytes * self._channels)
        self._rest = data[whole:]
        frames = self._samples(data[:whole]).reshape(-1, self._channels)
        return frames[:, 0] if self._channels == 1 else frames.mean(axis=1, dtype=np.float32)

    def _samples(self, data: bytes) -> Samples:
        match self._width_bytes:
            case 1:
                return (np.frombuffer(data, np.uint8).astype(np.float32) - 128) / np.float32(128)
            case 2:
                return decode(data, Encoding.PCM16)
            case 3:
                # As the upper bytes of 32 bits, which keeps the sign.
                wide = np.zeros((len(data) // 3, 4), np.uint8)
                wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
                data = wide.tobytes()
        return (np.frombuffer(data, "<i4") / 2.0**31).astype(np.float32)
