"""Where PCM goes: a file in the format of its name, standard output as WAV, the speakers, or several of them."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from makima.audio import wav
from makima.audio.marking import SYNTHETIC
from makima.audio.muxing import Container, make_muxer
from makima.audio.player import Player
from makima.cli.say import STDOUT, Destination
from makima.errors import AssetError


class Sink:
    """As a context. The file is written at the end, as its header may say how long it is, and not after an error."""

    def __init__(self, to: Destination, rate_hz: int) -> None:
        self._to, self._rate_hz = to, rate_hz
        self._muxer = make_muxer(Container.PCM if to.form is Container.WAV else to.form, rate_hz)
        self._kept: list[bytes] = []
        self._open = ExitStack()
        self._player: Player | None = None

    def __enter__(self) -> Self:
        if self._to.play:
            self._player = self._open.enter_context(Player(self._rate_hz))
        if self._to.output == STDOUT:
            sys.stdout.buffer.write(wav.header(self._rate_hz, about=SYNTHETIC))
        return self

    def write(self, pcm: bytes) -> None:
        """Hand on mono s16le of whole samples."""
        if self._player is not None:
            self._player.write(pcm)
        if self._to.output == STDOUT:
            sys.stdout.buffer.write(pcm)
            sys.stdout.buffer.flush()
        elif self._to.output is not None:
            self._kept.append(self._muxer.push(pcm))

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        """Raises: AssetError where the file cannot be written"""
        self._open.close()
        path = self._to.output
        if kind is not None or path is None or path == STDOUT:
            return
        data = b"".join([*self._kept, self._muxer.finish()])
        if self._to.form is Container.WAV:
            data = wav.header(self._rate_hz, data_bytes=len(data), about=SYNTHETIC) + data
        try:
            path.write_bytes(data)
        except OSError as error:
            raise AssetError(str(path), f"It cannot be written: {error.strerror}.") from error
