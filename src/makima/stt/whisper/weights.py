"""Where the weights of whisper-base are on this machine."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from makima.config import Settings
from makima.errors import AssetError
from makima.models.assets.bundles import WHISPER
from makima.models.assets.place import open_store

BUNDLE = "whisper"


def missing(settings: Settings) -> AssetError | None:
    """What is missing of them, or wrong; None where all are there."""
    store = open_store(settings)
    return next((store.problem(asset, BUNDLE) for asset in WHISPER if store.find(asset) is None), None)


def folder(settings: Settings) -> Path:
    """A folder with all of them.

    Raises: AssetError naming what is missing and the command that mends it
    """
    store = open_store(settings)
    paths = [store.require(asset, BUNDLE) for asset in WHISPER]
    if len({path.parent for path in paths}) == 1:
        return paths[0].parent
    # Files of installed packages are used where they are, and the library wants all in one folder.
    together = settings.cache_dir.expanduser() / "assets" / "whisper-base.links"
    try:
        together.mkdir(parents=True, exist_ok=True)
        for path, asset in zip(paths, WHISPER, strict=True):
            link = together / Path(asset.name).name
            part = link.with_name(f"{link.name}.{os.getpid()}")
            with suppress(FileNotFoundError):
                part.unlink()
            part.symlink_to(path)
            part.replace(link)
    except OSError as exc:
        raise AssetError(str(together), f"It cannot be written: {exc}.") from exc
    return together
