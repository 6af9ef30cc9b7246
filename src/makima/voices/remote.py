"""Voices at an fsspec URL, and a mirror of them in a folder on this machine, which engines read.

Object stores cannot rename, and some file systems write a file in pieces. A voice's files are therefore written first,
below a unique name, and the manifest last: `<id>/<edition>/reference.wav`, then `<id>/<edition>.json`. The newest
edition with a complete manifest is the voice; without one the voice does not exist. Editions are named by time.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from makima import installation
from makima.errors import AssetError, ConfigError, InvalidMessage, MakimaError
from makima.voices.manifest import is_slug
from makima.voices.store import FolderStore

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

T = TypeVar("T")

EDITION: Final = ".edition"
"""The file in a mirrored voice's folder that names its edition."""

DEAD_S: Final = 3600.0
"""An upload without a manifest after this time is taken for abandoned."""


class RemoteStore:
    """A `VoiceStore` at a URL.

    Raises: ConfigError for a URL of an unknown kind; AssetError where the package for it is not installed
    """

    def __init__(self, url: str, mirror: Path) -> None:
        self._url = url
        self._files, self._root = _open(url)
        self._mirror = FolderStore(mirror)
        self._lock = threading.Lock()

    @property
    def folder(self) -> Path:
        return self._mirror.folder

    def put(self, voice_id: str, files: Mapping[str, bytes], *, replace: bool = False) -> None:
        if not is_slug(voice_id):
            raise InvalidMessage(f"{voice_id!r} cannot be an id.")
        edition = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
        with self._lock:
            before = self._editions_of(voice_id)
            if before and not replace:
                raise InvalidMessage(f"There is a voice {voice_id!r} already.", mend="Take another id, or replace it.")

            def write() -> None:
                base = f"{self._root}/{voice_id}"
                self._files.makedirs(f"{base}/{edition}", exist_ok=True)
                for name, data in files.items():
                    self._files.pipe_file(f"{base}/{edition}/{name}", data)
                self._files.pipe_file(f"{base}/{edition}.json", json.dumps({"files": list(files)}).encode())
                for old in sorted(before):
                    self._delete(voice_id, old)

            self._asked(write)
            self._asked(self._mirrored)

    def remove(self, voice_id: str) -> bool:
        if not is_slug(voice_id):
            return False
        with self._lock:
            editions = self._editions_of(voice_id)

            def delete() -> None:
                for edition in sorted(editions):  # the newest last: until then it is the voice
                    self._delete(voice_id, edition)

            self._asked(delete)
            return self._mirror.remove(voice_id) or bool(editions)

    def refresh(self) -> None:
        with self._lock:
            self._asked(self._mirrored)

    def _editions_of(self, voice_id: str) -> list[str]:
        return _editions(self._asked(self._paths)).get(voice_id, [])

    def _mirrored(self) -> None:
        """Fetch new editions, remove deleted voices, and delete abandoned uploads."""
        self._mirror.refresh()
        paths = self._paths()
        editions = _editions(paths)
        self._clear(paths, editions)
        for voice_id, known in editions.items():
            self._fetch(voice_id, known)
        if self.folder.is_dir():
            for path in self.folder.iterdir():
                if is_slug(path.name) and path.name not in editions:
                    self._mirror.remove(path.name)

    def _fetch(self, voice_id: str, editions: list[str]) -> None:
        here = self.folder / voice_id / EDITION
        for edition in sorted(editions, reverse=True):
            if here.is_file() and here.read_text() == edition:
                return
            try:
                names = json.loads(self._files.cat_file(f"{self._root}/{voice_id}/{edition}.json"))["files"]
            except (ValueError, KeyError, TypeError):
                continue  # still being written, or abandoned: the edition before it counts
            base = f"{self._root}/{voice_id}/{edition}"
            found = {Path(name).name: self._files.cat_file(f"{base}/{name}") for name in names}
            self._mirror.put(voice_id, {**found, EDITION: edition.encode()}, replace=True)
            return

    def _clear(self, paths: list[list[str]], editions: Mapping[str, list[str]]) -> None:
        with_manifest = {(voice_id, edition) for voice_id, known in editions.items() for edition in known}
        uploads = {(parts[0], parts[1]) for parts in paths if len(parts) == 3}
        for voice_id, edition in uploads - with_manifest:
            begun_ns = edition.partition("-")[0]
            if begun_ns.isdigit() and time.time_ns() - int(begun_ns) > DEAD_S * 1e9:
                self._files.rm(f"{self._root}/{voice_id}/{edition}", recursive=True)

    def _paths(self) -> list[list[str]]:
        """All paths below the root, each split into its parts."""
        self._files.invalidate_cache()
        start = len(self._root) + 1
        try:
            # An unreachable store must not be taken for an empty one, or the mirror would be deleted. `ls` raises in
            # every store; `find` ignores errors in some, and in others unless `on_error` says otherwise.
            self._files.ls(self._root, detail=False)
            found = self._files.find(self._root, on_error="raise")
        except FileNotFoundError:
            return []
        return [str(path)[start:].split("/") for path in found]

    def _delete(self, voice_id: str, edition: str) -> None:
        # The manifest first: what is left without one is no voice.
        for path in (f"{self._root}/{voice_id}/{edition}.json", f"{self._root}/{voice_id}/{edition}"):
            with contextlib.suppress(FileNotFoundError):
                self._files.rm(path, recursive=True)

    def _asked(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except MakimaError:
            raise
        except Exception as exc:  # every kind of store raises errors of its own
            raise AssetError(self._url, f"It cannot be reached: {exc}.", mend="Try again in a moment.") from exc


def _editions(paths: list[list[str]]) -> dict[str, list[str]]:
    """The editions that have a manifest, by voice."""
    editions: dict[str, list[str]] = {}
    for parts in paths:
        if len(parts) == 2 and is_slug(parts[0]) and parts[1].endswith(".json"):
            editions.setdefault(parts[0], []).append(parts[1].removesuffix(".json"))
    return editions


def _open(url: str) -> tuple[AbstractFileSystem, str]:
    try:
        import fsspec.core
    except ImportError as exc:
        raise AssetError("fsspec", f"{url} needs it.", mend=f"Run: {installation.pip('install fsspec')}") from exc
    try:
        files: Any
        files, root = fsspec.core.url_to_fs(url)
    except ImportError as exc:
        raise AssetError(url, f"{exc}.", mend="Install that package, or set TTS_VOICES_DIR to a folder.") from exc
    except ValueError as exc:
        raise ConfigError("TTS_VOICES_DIR", f"{url!r}: {exc}.", mend="Take a folder, or a URL fsspec knows.") from exc
    return files, str(root).rstrip("/")
