"""Packed weights on disk: a safetensors file whose tensors begin at cache lines, so that kernels run on the mapping."""

from __future__ import annotations

import json
import mmap
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from makima.nn.native.memory import ALIGNMENT_BYTES

DTYPES: Final = {"uint8": "U8", "uint16": "U16", "int64": "I64", "float32": "F32"}
_NAMES: Final = {short: name for name, short in DTYPES.items()}


def write_packed(path: Path, tensors: Iterable[tuple[str, NDArray[Any]]], about: Mapping[str, str]) -> None:
    """Write tensors, then rename the file into its place, so that a reader finds all of it or none.

    Raises: OSError
    """
    arrays = {name: np.ascontiguousarray(array) for name, array in tensors}
    entries: dict[str, Any] = {"__metadata__": dict(about)}
    place = 0
    for name, array in arrays.items():
        # The format allows no gaps, so what does not end at a cache line is followed by padding with a name.
        entries[name] = _entry(DTYPES[array.dtype.name], array.shape, place, array.nbytes)
        place += array.nbytes
        if gap := -place % ALIGNMENT_BYTES:
            entries[f"padding.{place}"] = _entry("U8", (gap,), place, gap)
            place += gap
    header = json.dumps(entries, separators=(",", ":")).encode()
    header += b" " * (-(8 + len(header)) % ALIGNMENT_BYTES)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, suffix=".partial", delete=False) as file:
        try:
            file.write(len(header).to_bytes(8, "little") + header)
            for array in arrays.values():
                file.write(array.data)
                file.write(bytes(-array.nbytes % ALIGNMENT_BYTES))
            file.flush()
            os.fsync(file.fileno())
            os.chmod(file.name, 0o644)  # like the weights beside it: temporary files are their owner's alone
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def read_packed(path: Path, about: Mapping[str, str]) -> dict[str, NDArray[Any]] | None:
    """The tensors of a file, as views of its mapping; None where there is no such file, or it says something else.

    A file that was cut short counts as none.
    """
    try:
        with path.open("rb") as file:
            region = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        size = int.from_bytes(region[:8], "little")
        entries = json.loads(region[8 : 8 + size])
        if entries.pop("__metadata__") != dict(about):
            return None
        whole = np.frombuffer(region, np.uint8, offset=8 + size)
        return {name: _view(whole, entry) for name, entry in entries.items() if not name.startswith("padding.")}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _entry(dtype: str, shape: tuple[int, ...], start: int, size: int) -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, start + size]}


def _view(whole: NDArray[np.uint8], entry: Mapping[str, Any]) -> NDArray[Any]:
    start, end = entry["data_offsets"]
    if not 0 <= start <= end <= len(whole):
        raise ValueError("the file is cut short")
    return whole[start:end].view(_NAMES[entry["dtype"]]).reshape(entry["shape"])
