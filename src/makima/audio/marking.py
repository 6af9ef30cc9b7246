"""Metadata that marks a file as synthesized speech."""

from __future__ import annotations

import struct
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from makima import installation
from makima.errors import AssetError, InvalidAudio

SOFTWARE: Final = "Makima"
STATEMENT: Final = "Synthetic speech, made by a machine"


def _text(kind: bytes, text: str) -> bytes:
    data = text.encode("ascii") + b"\0"
    return struct.pack("<4sI", kind, len(data)) + data + b"\0" * (len(data) % 2)


def _list(*texts: bytes) -> bytes:
    content = b"INFO" + b"".join(texts)
    return struct.pack("<4sI", b"LIST", len(content)) + content


SYNTHETIC: Final = _list(_text(b"ISFT", SOFTWARE), _text(b"ICMT", STATEMENT))
"""The `LIST` chunk of a WAV file with the mark; players show it as software and comment."""


def statement_in(path: Path) -> str | None:
    """The mark in the metadata of an audio file; None where it has none.

    Converters carry the comment over into MP3, FLAC, Ogg and M4A.

    Raises: InvalidAudio where the file cannot be read; AssetError where the reader is not installed
    """
    if find_spec("av") is None:
        raise AssetError("av", "Audio files need it.", mend=installation.run_install("watermark"))
    import av

    try:
        with av.open(str(path)) as container:
            tables = [container.metadata, *(stream.metadata for stream in container.streams.audio)]
    except (av.FFmpegError, OSError) as exc:
        raise InvalidAudio(f"{path.name} cannot be read: {exc.strerror or exc}.") from exc
    said = (value for table in tables for value in table.values())
    return next((value for value in said if value.startswith(STATEMENT)), None)
