"""The log-mel front end of the speaker encoder."""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

# Facts of the release: none of them is in its configuration.
FFT_SAMPLES: Final = 1024
HOP_SAMPLES: Final = 256
TOP_HZ: Final = 12000.0
FLOOR: Final = 1e-5

# Slaney's mel scale: straight up to 1 kHz at 200/3 Hz a mel, then 27 mels for each factor of 6.4.
_HZ_PER_MEL: Final = 200.0 / 3.0
_BREAK_HZ: Final = 1000.0
_BREAK_MEL: Final = _BREAK_HZ / _HZ_PER_MEL
_LOG_STEP: Final = math.log(6.4) / 27.0


def mel_filters(bins: int, sample_rate_hz: int) -> Tensor:
    """Triangular filters of equal area, evenly spaced on Slaney's mel scale. Shapes: -> [bins, FFT_SAMPLES / 2 + 1]

    Source: Slaney's Auditory Toolbox, 1998; equal to librosa.filters.mel with its defaults
    """
    top_mel = _BREAK_MEL + math.log(TOP_HZ / _BREAK_HZ) / _LOG_STEP
    mels = torch.linspace(0.0, top_mel, bins + 2, dtype=torch.float64)
    above = _BREAK_HZ * torch.exp(_LOG_STEP * (mels - _BREAK_MEL))
    corners = torch.where(mels < _BREAK_MEL, mels * _HZ_PER_MEL, above)
    bands = torch.linspace(0.0, sample_rate_hz / 2, FFT_SAMPLES // 2 + 1, dtype=torch.float64)
    left, centre, right = (corners[i : bins + i, None] for i in range(3))
    rising, falling = (bands - left) / (centre - left), (right - bands) / (right - centre)
    triangles = torch.minimum(rising, falling).clamp(min=0)
    return (triangles * (2.0 / (right - left))).float()


def log_mel(audio: Tensor, bins: int, sample_rate_hz: int) -> Tensor:
    """Log-mel frames of a clip.

    Shapes: audio [S] float32 -> [S // HOP_SAMPLES, bins] float32
    """
    edge = (FFT_SAMPLES - HOP_SAMPLES) // 2
    padded = functional.pad(audio[None], (edge, edge), mode="reflect")[0]
    window = torch.hann_window(FFT_SAMPLES, device=audio.device)
    spectrum = torch.stft(padded, FFT_SAMPLES, HOP_SAMPLES, window=window, center=False, return_complex=True)
    magnitude = torch.sqrt(torch.view_as_real(spectrum).square().sum(-1) + 1e-9)
    mel = mel_filters(bins, sample_rate_hz).to(audio.device) @ magnitude
    return mel.clamp(min=FLOOR).log().T
