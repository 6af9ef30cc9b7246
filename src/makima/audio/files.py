"""Decodes audio files of common formats to mono samples at one rate, in bounded memory."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from makima import installation
from makima.audio import wav
from makima.audio.resample import Resampler
from makima.errors import AssetError, InvalidAudio
from makima.events import Samples

if TYPE_CHECKING:
    import av

MAX_AUDIO_S = 120.0
"""Decoding ends here, whatever length the file declares: no recording that is taken needs more."""

MIN_FILE_RATE_HZ = 4_000
"""A file may declare a rate of 1 Hz: resampled to 24 kHz, each of its bytes would become 48,000."""

MAX_FILE_RATE_HZ = 768_000
"""The highest that recorders have. For 2 GHz the resampler would compute filters for seconds."""

MAX_CHANNELS = 16

MAX_LEVEL = 1e6
"""Full scale is 1, and floats that are 16-bit integers reach 32,768. Beyond this it is no sound, and nor is NaN."""

# FFmpeg would open the files and addresses that a playlist names, so only formats of recordings are allowed.
_CONTAINERS = "wav,w64,flac,mp3,ogg,aiff,aac,mov,caf,au,matroska,webm"
_OPTIONS = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "file,pipe"}


def load_decoder() -> None:
    """Import the decoder where it is installed, for a process that is to be limited once it has all it needs."""
    if find_spec("av") is not None:
        import av  # noqa: F401


def decode(source: Path | BinaryIO, rate_hz: int, max_s: float = MAX_AUDIO_S) -> Samples:
    """The audio in `source` as mono samples [S] at `rate_hz`, cut at `max_s`; no more than that is ever decoded.

    WAV needs no decoder.

    Raises: InvalidAudio where it holds no audio that can be decoded; AssetError where the decoder is not installed
    """
    if find_spec("av") is None:
        return _wav(source, rate_hz, max_s)
    import av

    name = source.name if isinstance(source, Path) else "the upload"
    # Channels are averaged here: FFmpeg's downmix to mono raises the level of what is on both channels, beyond 1.
    resampler = av.AudioResampler(format="fltp", rate=rate_hz)
    pieces: list[Samples] = []
    firsts: list[Samples] = []
    limit_samples, count = int(max_s * rate_hz), 0
    try:
        with av.open(str(source) if isinstance(source, Path) else source, mode="r", options=_OPTIONS) as container:
            if not container.streams.audio:
                raise InvalidAudio(f"There is no audio in {name}.")
            for frame in container.decode(audio=0):
                _check_frame(frame, name)
                count += _take(_channels(resampler, frame), pieces, firsts)
                if count >= limit_samples:
                    break
            else:
                _take(_channels(resampler, None), pieces, firsts)
    except (av.FFmpegError, OSError, ValueError) as exc:
        # What these errors say in full names the file as FFmpeg saw it, which for an upload is `None`.
        reason = getattr(exc, "strerror", None) or str(exc)
        if isinstance(exc, av.error.InvalidDataError):
            reason = "it is no audio, it is damaged, or its format is not known here"
        raise InvalidAudio(f"{name} cannot be decoded: {reason.rstrip('.')}.", mend="Save it as WAV.") from exc
    if not any(map(len, pieces)):
        raise InvalidAudio(f"There is no sound in {name}.")
    mix = np.concatenate(pieces)[:limit_samples]
    _check_level(mix, name)
    return wav.louder(mix, np.concatenate(firsts)[:limit_samples]) if firsts else mix


def _check_frame(frame: av.AudioFrame, name: str) -> None:
    channels = len(frame.layout.channels)
    if not MIN_FILE_RATE_HZ <= frame.sample_rate <= MAX_FILE_RATE_HZ or channels > MAX_CHANNELS:
        raise InvalidAudio(
            f"{name} declares {channels} channels at {frame.sample_rate} Hz.",
            mend=f"Save it with at most {MAX_CHANNELS} channels, at {MIN_FILE_RATE_HZ} to {MAX_FILE_RATE_HZ} Hz.",
        )


def _check_level(samples: Samples, name: str) -> None:
    if not float(np.abs(samples).max()) <= MAX_LEVEL:  # NaN is not either
        raise InvalidAudio(f"{name} holds numbers that are no sound.", mend="Save it as WAV with 16 bits.")


def _channels(resampler: av.AudioResampler, frame: av.AudioFrame | None) -> list[NDArray[np.float32]]:
    return [np.asarray(piece.to_ndarray(), np.float32) for piece in resampler.resample(frame)]


def _take(decoded: list[NDArray[np.float32]], pieces: list[Samples], firsts: list[Samples]) -> int:
    """Add the mix of all channels, and the first of several by itself; how many samples that were."""
    with np.errstate(over="ignore", invalid="ignore"):  # floats may be anything; `_check_level` refuses them
        pieces.extend(channels.mean(axis=0) for channels in decoded)
    firsts.extend(channels[0] for channels in decoded if len(channels) > 1)
    return sum(channels.shape[1] for channels in decoded)


def _wav(source: Path | BinaryIO, rate_hz: int, max_s: float) -> Samples:
    """As `decode`, for a WAV file."""
    if isinstance(source, Path):
        try:
            with source.open("rb") as file:
                return _wav(file, rate_hz, max_s)
        except OSError as exc:
            raise InvalidAudio(f"{source.name} cannot be read: {exc.strerror}.") from exc
    try:
        samples, file_rate_hz = wav.read(source, max_s)
    except InvalidAudio as exc:
        mend = f"Run: {installation.pip('install av')}, or save it as WAV with 16 bits."
        raise AssetError("av", f"Other audio than plain WAV needs it. {exc.message}", mend=mend) from exc
    if not len(samples):
        raise InvalidAudio("There is no sound in the file.")
    if not MIN_FILE_RATE_HZ <= file_rate_hz <= MAX_FILE_RATE_HZ:
        raise InvalidAudio(f"The file declares {file_rate_hz} Hz.", mend="Save it as WAV with 16 bits at 48 kHz.")
    _check_level(samples, "The file")
    resampler = Resampler(file_rate_hz, rate_hz)
    return np.concatenate([resampler.push(samples), resampler.flush()])
