"""Audio files in: any container and codec that FFmpeg reads, to mono samples at one rate."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from makima.errors import AssetError, InvalidAudio
from makima.events import Samples

if TYPE_CHECKING:
    import av

MAX_AUDIO_S = 120.0
"""Decoding ends here, however long the file claims to be: nothing we take needs more."""


def decode(source: Path | BinaryIO, rate_hz: int, max_s: float = MAX_AUDIO_S) -> Samples:
    """The audio in `source` as mono samples [S] at `rate_hz`, cut at `max_s`.

    Raises: InvalidAudio where it holds no audio that can be decoded; AssetError where the decoder is not installed
    """
    if find_spec("av") is None:
        raise AssetError("av", "Audio files need it.", mend="Run: pip install 'makima[qwen3]'")
    import av

    name = source.name if isinstance(source, Path) else "the upload"
    # Channels are averaged here: FFmpeg's own way to mono makes what is on both sides louder, beyond 1.
    resampler = av.AudioResampler(format="fltp", rate=rate_hz)
    pieces: list[Samples] = []
    limit_samples = int(max_s * rate_hz)
    try:
        with av.open(str(source) if isinstance(source, Path) else source, mode="r") as container:
            if not container.streams.audio:
                raise InvalidAudio(f"There is no audio in {name}.")
            for frame in container.decode(audio=0):
                pieces.extend(_samples(resampler, frame))
                if sum(map(len, pieces)) >= limit_samples:
                    break
            else:
                pieces.extend(_samples(resampler, None))
    except (av.FFmpegError, OSError) as exc:
        raise InvalidAudio(f"{name} cannot be decoded: {exc}.", mend="Save it as WAV.") from exc
    if not any(map(len, pieces)):
        raise InvalidAudio(f"There is no sound in {name}.")
    return np.concatenate(pieces)[:limit_samples]


def _samples(resampler: av.AudioResampler, frame: av.AudioFrame | None) -> list[Samples]:
    return [np.asarray(piece.to_ndarray(), np.float32).mean(axis=0) for piece in resampler.resample(frame)]
