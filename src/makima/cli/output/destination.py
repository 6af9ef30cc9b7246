"""What a command was told to do with its speech."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from makima.audio.muxing import Container, container
from makima.errors import InvalidMessage
from makima.text.captions import Captions

STDOUT = Path("-")

_SUFFIXES = {"ogg": "opus", "oga": "opus", "raw": "pcm"}
"""File names that end in another name of a format."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the audio goes: a file, standard output as `-`, the speakers, or several of them.

    `words` is a file for the times of the words.
    """

    output: Path | None
    play: bool
    words: Path | None = None

    @property
    def captions(self) -> Captions | None:
        """The kind of that file, by its name. Raises: InvalidMessage if there is none of this name"""
        if self.words is None:
            return None
        try:
            return Captions(self.words.suffix.lower().removeprefix("."))
        except ValueError as exc:
            raise InvalidMessage(
                f"words: {self.words.name} is no file for the times of words.",
                mend="Give it a name that ends in .srt, .vtt or .json.",
            ) from exc

    @property
    def form(self) -> Container:
        """The file's format, by its name. Raises: InvalidMessage if there is none of this name"""
        suffix = self.output.suffix.lower().removeprefix(".") if self.output is not None else ""
        return container(_SUFFIXES.get(suffix, suffix)) if suffix else Container.WAV
