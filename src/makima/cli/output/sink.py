"""Where PCM goes: a file in the format of its name, standard output as WAV, the speakers, or several of them."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from makima.audio import wav
from makima.audio.marking import SYNTHETIC
from makima.audio.muxing import Container, make_muxer
from makima.audio.player import Player
from makima.cli.output.destination import STDOUT, Destination
from makima.errors import AssetError


class Sink:
    """As a context. The file is written at the end, as its header may say how long it is.

    After an error no file is written and the player stops at once; without one, the end waits until all was played.
    Without any sound there is no file.

    Raises: AssetError where the file cannot be written, or the player fails
    """

    def __init__(self, to: Destination, rate_hz: int) -> None:
        self._to, self._rate_hz = to, rate_hz
        self._muxer = make_muxer(Container.PCM if to.form is Container.WAV else to.form, rate_hz)
        self._kept: list[bytes] = []
        self._sounds = False
        self._players = ExitStack()
        self._player: Player | None = None

    def __enter__(self) -> Self:
        if self._to.play:
            self._player = self._players.enter_context(Player(self._rate_hz))
        if self._to.output == STDOUT:
            sys.stdout.buffer.write(wav.header(self._rate_hz, about=SYNTHETIC))
        return self

    def write(self, pcm: bytes) -> None:
        """Hand on mono s16le of whole samples."""
        self._sounds = self._sounds or bool(pcm)
        if self._player is not None:
            self._player.write(pcm)
        if self._to.output == STDOUT:
            sys.stdout.buffer.write(pcm)
            sys.stdout.buffer.flush()
        elif self._to.output is not None:
            self._kept.append(self._muxer.push(pcm))

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self._players.__exit__(kind, exc, tb)
        path = self._to.output
        if kind is not None or path is None or path == STDOUT or not self._sounds:
            return
        data = b"".join([*self._kept, self._muxer.finish()])
        if self._to.form is Container.WAV:
            data = wav.header(self._rate_hz, data_bytes=len(data), about=SYNTHETIC) + data
        write_file(path, data)


def write_file(path: Path, data: bytes) -> None:
    """Write a file. Raises: AssetError"""
    try:
        path.write_bytes(data)
    except OSError as exc:
        raise AssetError(str(path), f"It cannot be written: {exc.strerror}.") from exc
