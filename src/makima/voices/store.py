"""Voices in a folder, written so that a crash at any byte leaves the old voice or the new one.

A voice is written into a folder beside its final place, synced to the disk, and renamed. What a crash leaves behind has
a name that no voice can have, and is deleted when the folder is opened the next time.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Protocol

from filelock import FileLock

from makima.errors import AssetError, InvalidMessage
from makima.voices.manifest import MANIFEST, REFERENCE, TRANSCRIPT, is_slug

_NEW, _OLD, _GONE = ".new-", ".old-", ".gone-"
_LOCK: Final = ".lock"


class VoiceStore(Protocol):
    """Where voices are stored. `folder` has them in the layout that engines read: one folder each, named by id."""

    @property
    def folder(self) -> Path: ...

    def put(self, voice_id: str, files: Mapping[str, bytes], *, replace: bool = False) -> None:
        """Store a voice, completely or not at all.

        Raises: InvalidMessage where the id exists and `replace` is false; AssetError where it cannot be written
        """

    def remove(self, voice_id: str) -> bool:
        """Delete a voice. Returns whether it existed."""

    def refresh(self) -> None:
        """Bring `folder` up to date, and delete what a crash has left."""


class FolderStore:
    """A folder on this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, voice_id: str, files: Mapping[str, bytes], *, replace: bool = False) -> None:
        place, new, old = (self.folder / f"{prefix}{_checked(voice_id)}" for prefix in ("", _NEW, _OLD))
        with self._locked():
            if place.exists() and not replace:
                raise InvalidMessage(f"There is a voice {voice_id!r} already.", mend="Take another id, or replace it.")
            try:
                new.mkdir()
                for name, data in files.items():
                    _write(new / name, data)
                if place.exists():
                    _carry_over(place, new)
                _sync(new)
            except BaseException:  # of a disk that is full, what was written takes the last of its room
                shutil.rmtree(new, ignore_errors=True)
                raise
            if place.exists():
                place.rename(old)
            new.rename(place)
            _sync(self.folder)
            shutil.rmtree(old, ignore_errors=True)

    def remove(self, voice_id: str) -> bool:
        place, gone = self.folder / _checked(voice_id), self.folder / f"{_GONE}{voice_id}"
        if not place.is_dir():
            return False
        with self._locked():
            with contextlib.suppress(FileNotFoundError):  # another process has removed it
                place.rename(gone)
            _sync(self.folder)
            shutil.rmtree(gone, ignore_errors=True)
        return True

    def refresh(self) -> None:
        if self.folder.is_dir() and any(self._leftovers()):
            with self._locked():
                pass

    def _leftovers(self) -> Iterator[Path]:
        return (path for path in self.folder.iterdir() if path.name.startswith((_NEW, _OLD, _GONE)))

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Lock the folder against other writers. What is left over then belongs to a process that has ended.

        Raises: AssetError where the folder cannot be written
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            # Never a soft lock, which some file systems would fall back to: a crash would leave it locked.
            with FileLock(self.folder / _LOCK, fallback_to_soft=False):
                self._clear()
                yield
        except OSError as exc:
            raise AssetError(
                str(self.folder), f"It cannot be written: {exc.strerror or exc}.", mend="Set TTS_VOICES_DIR to another."
            ) from exc

    def _clear(self) -> None:
        for path in list(self._leftovers()):
            place = self.folder / path.name.removeprefix(_OLD)
            if path.name.startswith(_OLD) and not place.exists():
                path.rename(place)
            else:
                shutil.rmtree(path)


def _carry_over(place: Path, new: Path) -> None:
    """Copy files of the user's, such as notes, from a voice that is replaced. Prompts are computed again instead."""
    for path in place.iterdir():
        ours = path.name in (MANIFEST, REFERENCE, TRANSCRIPT) or path.name.startswith(("prompt-", "."))
        if path.is_file() and not ours and not (new / path.name).exists():
            shutil.copy2(path, new / path.name)


def _checked(voice_id: str) -> str:
    if not is_slug(voice_id):
        raise InvalidMessage(
            f"{voice_id!r} cannot be an id.",
            mend="Take lower-case letters, digits, - and _, beginning with the first two.",
        )
    return voice_id


def _write(path: Path, data: bytes) -> None:
    """Write a file and sync it to the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync(folder: Path) -> None:
    """Sync a folder's entries to the disk."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
