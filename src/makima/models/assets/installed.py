"""Files of packages that are installed here. They are read as data: nothing of a package is imported or run."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from makima.errors import AssetError
from makima.models.assets.asset import WheelFile, WheelFiles

_READ_BYTES: Final = 1 << 20

Locate = Callable[[WheelFile], Path | None]


def locate(file: WheelFile) -> Path | None:
    """Where a file of an installed package is, in whatever version; None where there is no such file."""
    try:
        distribution = metadata.distribution(file.distribution)
    except metadata.PackageNotFoundError:
        return None
    path = Path(str(distribution.locate_file(file.path)))
    return path if path.is_file() else None


def pieces(origin: WheelFiles, open_file: Callable[[WheelFile], BinaryIO]) -> Iterator[bytes]:
    """The content that `origin` stands for, piece by piece. `open_file` opens one of its files for reading.

    Raises: AssetError where an array is not in its archive; OSError
    """
    for wheel_file in origin.files:
        with open_file(wheel_file) as file:
            if origin.array is not None:
                yield _array(file, origin.array, wheel_file.path)
                continue
            while piece := file.read(_READ_BYTES):
                yield piece


def _array(file: BinaryIO, name: str, path: str) -> bytes:
    try:
        with np.load(file, allow_pickle=False) as archive:
            return bytes(np.ascontiguousarray(archive[name]).tobytes())
    except (KeyError, ValueError, TypeError, zipfile.BadZipFile) as exc:
        raise AssetError(path, f"There is no array {name!r} in it: {exc}.") from exc
