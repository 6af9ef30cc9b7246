"""Telephone audio in: a byte a sample, by one of the two laws of ITU-T G.711."""

from __future__ import annotations

from typing import Literal

import numpy as np

from makima.events import Samples

Law = Literal["mulaw", "alaw"]


def _mulaw() -> Samples:
    code = ~np.arange(256) & 0xFF
    magnitude = ((((code & 0x0F) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84
    return (np.where(code & 0x80, -magnitude, magnitude) / 32_768).astype(np.float32)


def _alaw() -> Samples:
    code = np.arange(256) ^ 0x55
    exponent, mantissa = (code >> 4) & 7, (code & 0x0F) << 4
    magnitude = np.where(exponent == 0, mantissa + 8, (mantissa + 0x108) << np.maximum(exponent - 1, 0))
    return (np.where(code & 0x80, magnitude, -magnitude) / 32_768).astype(np.float32)


_TABLES = {"mulaw": _mulaw(), "alaw": _alaw()}


def expand(data: bytes, law: Law) -> Samples:
    """The samples [S] in `data`.

    Source: ITU-T G.711, tables 1 and 2; checked by tests/audio/test_companding.py against FFmpeg
    """
    return _TABLES[law][np.frombuffer(data, np.uint8)]
