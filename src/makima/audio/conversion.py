"""A recording to a file of another format, whole: unlike `muxing`, whose files are sent while they are made."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from makima import installation
from makima.audio.marking import STATEMENT
from makima.errors import AssetError, InvalidAudio

if TYPE_CHECKING:
    pass

_BIT_RATE: Final = 96_000
"""Of mono speech nothing more is heard above it."""


class SavedFormat(StrEnum):
    """A format that speech is saved in."""

    MP3 = "mp3"
    M4A = "m4a"

    @property
    def media_type(self) -> str:
        """The `Content-Type` of a file."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES: Mapping[SavedFormat, str] = MappingProxyType(
    {SavedFormat.MP3: "audio/mpeg", SavedFormat.M4A: "audio/mp4"}
)
_CODECS: Mapping[SavedFormat, tuple[str, str]] = MappingProxyType(
    {SavedFormat.MP3: ("mp3", "libmp3lame"), SavedFormat.M4A: ("ipod", "aac")}
)
"""FFmpeg's names: of the container, and of the encoder."""

FORMATS: tuple[SavedFormat, ...] = tuple(SavedFormat)


def convert(source: Path, target: Path, form: SavedFormat) -> None:
    """Write the sound in `source` to `target`, mono, with the note that a machine has spoken.

    Raises: InvalidAudio where there is no sound that can be read; AssetError where the encoders are not installed
    """
    if find_spec("av") is None:
        raise AssetError("av", f"The format {form} needs it.", mend=installation.run_install())
    import av

    container, codec = _CODECS[form]
    try:
        with av.open(source) as read, av.open(target, "w", format=container) as written:
            if not read.streams.audio:
                raise InvalidAudio("There is no sound in it.", mend="Send a WAV file.")
            heard = read.streams.audio[0]
            written.metadata["comment"] = STATEMENT
            stream = written.add_stream(codec, rate=_rate(codec, heard.rate))
            assert isinstance(stream, av.AudioStream)
            stream.layout = "mono"
            stream.bit_rate = _BIT_RATE
            resampler = av.AudioResampler(format=stream.format, layout="mono", rate=stream.rate)
            for frame in read.decode(heard):
                for fitting in resampler.resample(frame):
                    written.mux(stream.encode(fitting))
            for fitting in resampler.resample(None):
                written.mux(stream.encode(fitting))
            written.mux(stream.encode(None))
    except av.FFmpegError as exc:
        raise InvalidAudio(f"It cannot be read: {exc.strerror}.", mend="Send a WAV file.") from exc


def _rate(codec: str, rate_hz: int) -> int:
    """The rate itself where the encoder takes it, else the highest below it, else its lowest."""
    import av

    known = av.codec.Codec(codec, "w").audio_rates or [rate_hz]
    return max((rate for rate in known if rate <= rate_hz), default=min(known))
