"""Measures perceived loudness, and normalizes clips to a target.

Loudness is that of ITU-R BS.1770-4 with gating, as in broadcasting: unlike in a root mean square, pauses do not count.
Its two filters are applied in the frequency domain, since the whole signal is available.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from makima.events import Samples

SILENT_DB: Final = -120.0
"""The level that is reported for digital silence."""

BLOCK_S: Final = 0.4
STEP_S: Final = 0.1
ABSOLUTE_GATE_LUFS: Final = -70.0
RELATIVE_GATE_LU: Final = -10.0
_OFFSET_LU: Final = -0.691

# The analogue filters behind the standard's table of coefficients for 48 kHz: frequency, quality, and gain in dB.
_SHELF_HZ, _SHELF_Q, _SHELF_GAIN_DB, _SHELF_MIDDLE = 1681.974450955533, 0.7071752369554196, 3.999843853973347, 0.4996668
_PASS_HZ, _PASS_Q = 38.13547087602444, 0.5003270373238773


def k_weighting(rate_hz: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The two filters at a rate: (shelf, high pass), each as rows b and a of three coefficients.

    Source: ITU-R BS.1770-4, annex 1; checked by tests/audio/test_loudness.py
    """
    k, gain = math.tan(math.pi * _SHELF_HZ / rate_hz), 10 ** (_SHELF_GAIN_DB / 20)
    middle = gain**_SHELF_MIDDLE
    norm = 1 + k / _SHELF_Q + k * k
    shelf = [gain + middle * k / _SHELF_Q + k * k, 2 * (k * k - gain), gain - middle * k / _SHELF_Q + k * k]
    shelf_a = [norm, 2 * (k * k - 1), 1 - k / _SHELF_Q + k * k]
    k = math.tan(math.pi * _PASS_HZ / rate_hz)
    pass_norm = 1 + k / _PASS_Q + k * k
    pass_a = [1.0, 2 * (k * k - 1) / pass_norm, (1 - k / _PASS_Q + k * k) / pass_norm]
    return np.array([shelf, shelf_a]) / norm, np.array([[1.0, -2.0, 1.0], pass_a])


def loudness_lufs(samples: Samples, rate_hz: int) -> float:
    """The loudness of a whole clip [S]; minus infinity where nothing passes the gates."""
    blocks = block_loudness_lufs(samples, rate_hz)
    loud = blocks[blocks > ABSOLUTE_GATE_LUFS]
    if not len(loud):
        return -math.inf
    loud = loud[loud > _mean_lufs(loud) + RELATIVE_GATE_LU]
    return _mean_lufs(loud)


def block_loudness_lufs(samples: Samples, rate_hz: int, block_s: float = BLOCK_S) -> NDArray[np.float64]:
    """The loudness of each block of a clip, one every `STEP_S`; a clip shorter than a block is one block."""
    if not len(samples):
        return np.zeros(0)
    energy = np.concatenate([[0.0], np.cumsum(np.square(_weighted(samples, rate_hz)))])
    block, step = min(len(samples), round(block_s * rate_hz)), round(STEP_S * rate_hz)
    starts = np.arange(0, len(samples) - block + 1, step)
    power = (energy[starts + block] - energy[starts]) / block
    return np.asarray(_OFFSET_LU + 10 * np.log10(np.maximum(power, 1e-13)))


def normalize(samples: Samples, rate_hz: int, target_lufs: float, peak: float) -> Samples:
    """The clip at `target_lufs`, or as near to it as its highest peak allows; silence stays as it is."""
    now_lufs = loudness_lufs(samples, rate_hz)
    if math.isinf(now_lufs):
        return samples
    gain = min(10 ** ((target_lufs - now_lufs) / 20), peak / float(np.abs(samples).max()))
    return (samples * gain).astype(np.float32)


def window_levels_db(samples: Samples, rate_hz: int, window_s: float) -> NDArray[np.float64]:
    """The root mean square of each whole window, in dB below full scale."""
    size = max(1, round(window_s * rate_hz))
    count = len(samples) // size
    power = np.square(samples[: count * size].reshape(count, size), dtype=np.float64).mean(axis=1)
    return np.asarray(10 * np.log10(np.maximum(power, 10 ** (SILENT_DB / 10))))


def _weighted(samples: Samples, rate_hz: int) -> NDArray[np.float64]:
    # Half a second of padding, in which the filters decay before they wrap around to the start.
    size = 1 << (len(samples) + rate_hz // 2).bit_length()
    spectrum = np.fft.rfft(samples, size)
    z = np.exp(-2j * np.pi * np.arange(len(spectrum)) / size)
    powers = np.stack([np.ones_like(z), z, z * z])
    for b, a in k_weighting(rate_hz):
        spectrum *= (b @ powers) / (a @ powers)
    return np.asarray(np.fft.irfft(spectrum, size)[: len(samples)])


def _mean_lufs(blocks: NDArray[np.float64]) -> float:
    return float(10 * np.log10(np.mean(10 ** (blocks / 10))))
