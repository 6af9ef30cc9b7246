"""Plays a stream of audio on this machine's speakers, through a player that is installed."""

from __future__ import annotations

import shutil
import subprocess
from types import TracebackType

from makima.audio import wav
from makima.errors import AssetError

# Each reads a WAV stream from standard input.
_PLAYERS = (
    ("pw-play", "-"),
    ("paplay",),
    ("aplay", "-q", "-"),
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "quiet", "-"),
    ("play", "-q", "-t", "wav", "-"),
)


def installed_player() -> str | None:
    """The name of the player that would be used, or None where there is none."""
    command = _installed()
    return command[0] if command is not None else None


def required_player() -> tuple[str, ...]:
    """The command of the player that will be used.

    Raises: AssetError where none is installed
    """
    command = _installed()
    if command is None:
        raise AssetError(
            "audio player",
            f"None of {', '.join(player[0] for player in _PLAYERS)} is installed.",
            mend="Install one of them, such as alsa-utils, or write a file with -o.",
        )
    return command


def _installed() -> tuple[str, ...] | None:
    return next((player for player in _PLAYERS if shutil.which(player[0])), None)


class Player:
    """A player process for 16-bit mono PCM. Leaving the block waits until all of it was played.

    Raises: AssetError where no player is installed, or it fails.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        command = required_player()
        self._name = command[0]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        self._write(wav.header(sample_rate_hz))

    def write(self, pcm: bytes) -> None:
        """Play 16-bit samples."""
        self._write(pcm)

    def __enter__(self) -> Player:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        if exc is not None:
            self._process.kill()
        _, errors = self._process.communicate()
        if exc is None and self._process.returncode:
            raise self._failure(errors)

    def _write(self, data: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except BrokenPipeError:
            errors = self._process.stderr.read() if self._process.stderr else b""
            raise self._failure(errors) from None

    def _failure(self, errors: bytes) -> AssetError:
        said = errors.decode(errors="replace").strip().splitlines()
        return AssetError(
            self._name, f"It cannot play: {said[-1] if said else 'no reason given'}.", mend="Write a file with -o."
        )
