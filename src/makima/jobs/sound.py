"""The sound of a job on the disk: one file of PCM (mono s16le) a chapter, to which whole steps are added durably."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

SAMPLE_BYTES: Final = 2
BLOCK_BYTES: Final = 256 * 1024


def chapter_path(folder: Path, chapter: int) -> Path:
    """Where the sound of a chapter is kept."""
    return folder / f"chapter-{chapter:05}.pcm"


class StepSound:
    """Adds the sound of one step to its chapter, as a context.

    What a killed process has left behind the steps that are recorded is cut off first. The sound is on the disk once
    `commit` returns; without it, the next `StepSound` cuts it off again.

    Raises: SoundLost where the file holds less than the steps before; OSError
    """

    def __init__(self, path: Path, offset_samples: int) -> None:
        self.samples = 0
        existed = path.exists()
        if (path.stat().st_size if existed else 0) < offset_samples * SAMPLE_BYTES:
            raise SoundLost(f"{path} is shorter than what was recorded of it.")
        self._file = path.open("r+b" if existed else "w+b")
        self._file.truncate(offset_samples * SAMPLE_BYTES)
        self._file.seek(0, os.SEEK_END)
        if not existed:
            sync_folder(path.parent)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self._file.close()

    def write(self, pcm: bytes) -> None:
        """Add sound. Whole samples."""
        self._file.write(pcm)
        self.samples += len(pcm) // SAMPLE_BYTES

    def silence(self, samples: int) -> None:
        """Add silence."""
        self.write(bytes(samples * SAMPLE_BYTES))

    def commit(self) -> None:
        """Wait until the disk has it."""
        self._file.flush()
        os.fsync(self._file.fileno())


class SoundLost(Exception):
    """The sound of a chapter is gone in part: its steps must be spoken again."""


def blocks(folder: Path, chapters: int) -> Iterator[bytes]:
    """The sound of all chapters, in blocks of a bounded size."""
    for chapter in range(chapters):
        path = chapter_path(folder, chapter)
        if path.exists():
            with path.open("rb") as file:
                while block := file.read(BLOCK_BYTES):
                    yield block


def sync_folder(folder: Path) -> None:
    """Wait until the disk knows the names of new files in `folder`."""
    if os.name == "nt":  # folders cannot be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def delete_sound(folder: Path, chapters: int) -> None:
    """Delete the sound that a job's book was made of, in the job's folder."""
    for chapter in range(chapters):
        chapter_path(folder, chapter).unlink(missing_ok=True)
