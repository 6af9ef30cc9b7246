"""PCM to the bytes of a file format while it is being made: one muxer for one response."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

import numpy as np

from makima import installation
from makima.audio import wav
from makima.audio.marking import STATEMENT, SYNTHETIC
from makima.errors import AssetError, InvalidMessage

if TYPE_CHECKING:
    import av


class Container(StrEnum):
    """What the bytes of a response are."""

    MP3 = "mp3"
    OPUS = "opus"
    AAC = "aac"
    FLAC = "flac"
    WAV = "wav"
    PCM = "pcm"
    MULAW = "mulaw"
    ALAW = "alaw"

    @property
    def media_type(self) -> str:
        """The `Content-Type` of a response."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES: Mapping[Container, str] = MappingProxyType(
    {
        Container.MP3: "audio/mpeg",
        Container.OPUS: "audio/ogg",
        Container.AAC: "audio/aac",
        Container.FLAC: "audio/flac",
        Container.WAV: "audio/wav",
        Container.PCM: "audio/pcm",
        Container.MULAW: "audio/basic",
        Container.ALAW: "audio/x-alaw-basic",
    }
)

MIN_BIT_RATE, MAX_BIT_RATE = 4_000, 650_000
"""In bits per second: the widest range that a hosted service offers (Deepgram, for Opus)."""

FILES: tuple[Container, ...] = tuple(c for c in Container if c not in (Container.MULAW, Container.ALAW))
"""The formats that HTTP routes offer by name."""


@dataclass(frozen=True, slots=True)
class _Codec:
    """How FFmpeg writes a format."""

    form: str
    codec: str
    options: Mapping[str, str]
    comment: bool = False


_CODECS: Mapping[Container, _Codec] = MappingProxyType(
    {
        # Clients join MP3 answers into one file. A Xing header would then give the length of the first alone.
        Container.MP3: _Codec("mp3", "libmp3lame", {"write_xing": "0", "id3v2_version": "0"}),
        # A page is sent once it is full, so that short ones keep the latency low.
        Container.OPUS: _Codec("ogg", "libopus", {"page_duration": "20000"}, comment=True),
        Container.AAC: _Codec("adts", "aac", {}),
        Container.FLAC: _Codec("flac", "flac", {}, comment=True),
        Container.MULAW: _Codec("mulaw", "pcm_mulaw", {}),
        Container.ALAW: _Codec("alaw", "pcm_alaw", {}),
    }
)


class Muxer(Protocol):
    """Turns PCM into the bytes of one response."""

    def push(self, pcm: bytes) -> bytes:
        """The bytes that are settled after `pcm`, mono s16le of whole samples; may be empty."""

    def finish(self) -> bytes:
        """The rest. The muxer is not used after this."""


def container(name: str, offered: tuple[Container, ...] = FILES) -> Container:
    """The format of this name.

    Raises: InvalidMessage naming the formats there are
    """
    if name not in offered:
        raise InvalidMessage(f"The format {name!r} is not known.", mend=f"Use one of: {', '.join(offered)}.")
    return Container(name)


def make_muxer(form: Container, rate_hz: int, bit_rate: int | None = None) -> Muxer:
    """A muxer for one response.

    Units: bit_rate in bits per second, for the formats that have one

    Raises: AssetError where the encoders are not installed; InvalidMessage for a bit rate that the format does not have
    """
    if bit_rate is not None and not MIN_BIT_RATE <= bit_rate <= MAX_BIT_RATE:
        raise InvalidMessage(f"bit_rate: {bit_rate} is out of range.", mend=f"Use {MIN_BIT_RATE} to {MAX_BIT_RATE}.")
    match form:
        case Container.PCM:
            return _Pcm()
        case Container.WAV:
            return _Wav(rate_hz)
    if find_spec("av") is None:
        raise AssetError("av", f"The format {form} needs it.", mend=installation.run_install())
    return _Encoded(_CODECS[form], rate_hz, bit_rate)


class _Pcm:
    def push(self, pcm: bytes) -> bytes:
        return pcm

    def finish(self) -> bytes:
        return b""


class _Wav:
    def __init__(self, rate_hz: int) -> None:
        self._header = wav.header(rate_hz, about=SYNTHETIC)

    def push(self, pcm: bytes) -> bytes:
        header, self._header = self._header, b""
        return header + pcm

    def finish(self) -> bytes:
        return self.push(b"")


class _Sink:
    """The file that FFmpeg writes. It cannot seek, so no header is written a second time."""

    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, data: bytes) -> int:
        self._data += data
        return len(data)

    def take(self) -> bytes:
        data = bytes(self._data)
        self._data.clear()
        return data


class _Encoded:
    def __init__(self, codec: _Codec, rate_hz: int, bit_rate: int | None) -> None:
        import av

        self._sink = _Sink()
        self._rate_hz = rate_hz
        self._samples = 0
        self._container = av.open(self._sink, "w", format=codec.form, options=dict(codec.options))
        if codec.comment:
            self._container.metadata["comment"] = STATEMENT
        encoder_hz = _encoder_rate(av.codec.Codec(codec.codec, "w").audio_rates, rate_hz)
        stream = self._container.add_stream(codec.codec, rate=encoder_hz)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono"
        if bit_rate is not None:
            stream.bit_rate = bit_rate
        try:
            # Opened here, so that what an encoder refuses is known before anything is sent.
            stream.codec_context.open()
        except av.FFmpegError as exc:
            raise InvalidMessage(f"bit_rate: {codec.codec} cannot have {bit_rate} bits per second.") from exc
        self._stream = stream
        self._resampler = av.AudioResampler(format=stream.format, layout="mono", rate=encoder_hz)

    def push(self, pcm: bytes) -> bytes:
        import av

        samples = np.frombuffer(pcm, "<i2")
        if len(samples):
            frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
            frame.sample_rate = self._rate_hz
            frame.pts = self._samples
            self._samples += len(samples)
            self._encode(self._resampler.resample(frame))
        return self._sink.take()

    def finish(self) -> bytes:
        # What is in the resampler and the encoder is part of the sound: without it the last syllable is cut.
        if self._samples:
            self._encode([*self._resampler.resample(None), None])
        self._container.close()
        return self._sink.take()

    def _encode(self, frames: list[av.AudioFrame] | list[av.AudioFrame | None]) -> None:
        for frame in frames:
            for packet in self._stream.encode(frame):
                self._container.mux(packet)


def _encoder_rate(known: list[int] | None, rate_hz: int) -> int:
    """The rate itself if the encoder takes it, else the next higher one, else its highest."""
    if not known or rate_hz in known:
        return rate_hz
    return min((rate for rate in known if rate > rate_hz), default=max(known))
