"""The watermark's weights, read from the installed wheel as NumPy arrays."""

from __future__ import annotations

import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from makima import installation
from makima.errors import AssetError

PACKAGE: Final = "perth"
EXTRA: Final = "watermark"
_REINSTALL: Final = "install --force-reinstall --no-deps resemble-perth"
_FOLDER: Final = Path("perth_net", "pretrained", "implicit")


def installed() -> bool:
    """Whether the wheel is there. Imports nothing."""
    return find_spec(PACKAGE) is not None


def read_weights() -> dict[str, NDArray[np.float32]]:
    """Every tensor of the network, by name.

    Raises: AssetError where the wheel is not installed, or its weights cannot be read
    """
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise AssetError("resemble-perth", "The watermark needs it.", mend=installation.run_install(EXTRA))
    folder = Path(spec.submodule_search_locations[0]) / _FOLDER
    path = max(folder.glob("*.pth.tar"), default=None)
    if path is None:
        raise AssetError(str(folder), "There are no weights in it.", mend=f"Run: {installation.pip(_REINSTALL)}")
    try:
        with zipfile.ZipFile(path) as archive:
            (index,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
            prefix = index.removesuffix("data.pkl")
            with archive.open(index) as file:
                saved = _Unpickler(file, lambda key: archive.read(f"{prefix}data/{key}")).load()
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, pickle.UnpicklingError, EOFError) as exc:
        raise AssetError(
            str(path), f"The weights cannot be read: {exc}.", mend=f"Run: {installation.pip(_REINSTALL)}"
        ) from exc
    model: dict[str, NDArray[np.float32]] = saved["model"]
    return model


class _Unpickler(pickle.Unpickler):
    """Reads PyTorch's format: arrays of float32 by name, and nothing else, so that no file can make us run code."""

    def __init__(self, file: IO[bytes], read: Callable[[str], bytes]) -> None:
        super().__init__(file)
        self._read = read

    def find_class(self, module: str, name: str) -> Any:
        known: dict[tuple[str, str], object] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _array,
            ("torch", "FloatStorage"): np.float32,
        }
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"{module}.{name} does not belong there")
        return known[module, name]

    def persistent_load(self, pid: Any) -> NDArray[np.float32]:
        _, dtype, key, *_ = pid
        return np.frombuffer(self._read(key), dtype)


def _array(storage: NDArray[np.float32], offset: int, shape: tuple[int, ...], *_: object) -> NDArray[np.float32]:
    return storage[offset : offset + int(np.prod(shape))].reshape(shape)
