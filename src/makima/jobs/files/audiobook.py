"""The sound of a job to one file: M4B and MP3 with chapters and a cover, or WAV."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from makima.audio.marking import STATEMENT
from makima.books.book import picture_type
from makima.errors import SynthesisFailed
from makima.jobs.job import BookFormat
from makima.jobs.sound import SAMPLE_BYTES, sync_folder

if TYPE_CHECKING:
    import av
    from av.container import OutputContainer

BIT_RATE: Final = 64_000
"""Of speech on one channel; what shops of audiobooks ask for at least."""

_FORMATS: Final[dict[BookFormat, tuple[str, str, dict[str, str]]]] = {
    BookFormat.M4B: ("mp4", "aac", {"movflags": "+faststart", "brand": "M4B "}),
    BookFormat.MP3: ("mp3", "libmp3lame", {}),
    # Sizes of more than 4 GiB, some 25 hours, do not fit into the header of a plain one.
    BookFormat.WAV: ("wav", "pcm_s16le", {"rf64": "auto"}),
}
# At this rate as near to the sound as FFmpeg's usual search, in a third of its time: docs/decisions/0194.
_CODEC_OPTIONS: Final[dict[str, dict[str, str]]] = {"aac": {"aac_coder": "fast"}}
_PICTURES: Final = {"image/jpeg": "mjpeg", "image/png": "png"}


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a chapter stands in the file."""

    title: str
    start_samples: int
    end_samples: int


@dataclass(frozen=True, slots=True)
class About:
    """What players show of the file."""

    title: str
    author: str | None
    chapters: tuple[Mark, ...]
    cover: bytes | None = None


def write_book(path: Path, form: BookFormat, rate_hz: int, about: About, sound: Iterator[bytes]) -> Iterator[int]:
    """Write the file, and yield after each block how many samples are in it so far.

    The file takes its name once it is complete and on the disk; one that was left incomplete is replaced.

    Raises: SynthesisFailed where it cannot be encoded; OSError
    """
    import av

    unfinished = path.with_name(f".{path.name}.unfinished")
    container_name, codec, options = _FORMATS[form]
    try:
        output = av.open(str(unfinished), "w", format=container_name, options=options)
        try:
            encoder = _Encoder(output, codec, rate_hz, form)
            _describe(output, about, rate_hz, form)
            for block in sound:
                yield encoder.push(block)
            encoder.finish()
            output.close()
        finally:
            with suppress(av.FFmpegError):  # of a file that is given up, nothing needs to be written any more
                output.close()
    except av.FFmpegError as exc:
        if isinstance(exc, OSError) and exc.errno is not None:
            raise OSError(exc.errno, exc.strerror) from exc
        raise SynthesisFailed(f"The file cannot be written: {exc}.") from exc
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    unfinished.replace(path)
    sync_folder(path.parent)


def _describe(output: OutputContainer, about: About, rate_hz: int, form: BookFormat) -> None:
    """Metadata, chapters and the cover, which are written before the sound, but for those that FFmpeg writes last."""
    fields = {"title": about.title, "artist": about.author, "comment": STATEMENT}
    if form is not BookFormat.WAV:
        fields |= {"album": about.title, "album_artist": about.author, "genre": "Audiobook"}
    output.metadata.update({name: value for name, value in fields.items() if value})
    if form is BookFormat.WAV:
        return
    output.set_chapters([_chapter(number, mark, rate_hz) for number, mark in enumerate(about.chapters)])
    if about.cover is not None and (kind := picture_type(about.cover)) is not None:
        _add_cover(output, about.cover, _PICTURES[kind])


def _chapter(number: int, mark: Mark, rate_hz: int) -> Any:
    return {
        "id": number,
        "start": mark.start_samples,
        "end": mark.end_samples,
        "time_base": Fraction(1, rate_hz),
        "metadata": {"title": mark.title},
    }


def _add_cover(output: OutputContainer, data: bytes, codec: str) -> None:
    import av
    from av.stream import Disposition

    # FFmpeg asks for a size and writes none of an attached picture, so that the picture need not be decoded.
    stream: Any = output.add_mux_stream(codec, width=1, height=1)
    stream.disposition = Disposition.attached_pic
    packet = av.Packet(data)
    packet.stream = stream
    packet.pts = packet.dts = 0
    packet.time_base = Fraction(1, 90_000)
    packet.is_keyframe = True
    output.mux(packet)


class _Encoder:
    def __init__(self, output: OutputContainer, codec: str, rate_hz: int, form: BookFormat) -> None:
        import av

        stream = output.add_stream(codec, rate=rate_hz, options=_CODEC_OPTIONS.get(codec, {}))
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono"
        if form is not BookFormat.WAV:
            stream.bit_rate = BIT_RATE
        self._output, self._stream, self._rate_hz = output, stream, rate_hz
        self._resampler = av.AudioResampler(format=stream.format, layout="mono", rate=rate_hz)
        self._samples = 0

    def push(self, pcm: bytes) -> int:
        import av

        samples = np.frombuffer(pcm[: len(pcm) // SAMPLE_BYTES * SAMPLE_BYTES], "<i2")
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts = self._rate_hz, self._samples
        self._samples += len(samples)
        self._mux(self._resampler.resample(frame))
        return self._samples

    def finish(self) -> None:
        if self._samples:
            self._mux([*self._resampler.resample(None), None])

    def _mux(self, frames: list[av.AudioFrame] | list[av.AudioFrame | None]) -> None:
        for frame in frames:
            for packet in self._stream.encode(frame):
                self._output.mux(packet)
