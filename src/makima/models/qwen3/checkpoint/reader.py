"""Weights from a released folder: checked by name and shape first, then read tensor by tensor from mapped files."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from makima.errors import AssetError
from makima.models.qwen3.checkpoint.layout import Shape, Target, targets
from makima.models.qwen3.json_fields import fetch_again

WEIGHTS: Final = "model.safetensors"
REMAP_BYTES: Final = 64 << 20
"""Pages of a mapped file count as the process's memory once read; the file is mapped anew after this much of it."""

Place = Callable[[str], tuple[torch.device, torch.dtype | None]]
"""Where a parameter goes, by its name; no dtype keeps the file's, and it is mapped rather than in memory."""
Progress = Callable[[int], None]
"""Told how many more bytes have been read."""


class WeightFiles:
    """The tensors of one `model.safetensors`, or of the parts that `model.safetensors.index.json` lists.

    Raises: AssetError naming the file that is missing, cut short or not in this format
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._where: dict[str, Path] = {}
        self._shapes: dict[str, Shape] = {}
        self._open: tuple[Path, Any] | None = None
        self._mapped_bytes = 0
        self._paths = tuple(_parts(folder))
        for path in self._paths:
            handle = _map(path)
            for name in handle.keys():  # noqa: SIM118 - not a mapping
                self._where[name] = path
                self._shapes[name] = tuple(handle.get_slice(name).get_shape())

    @property
    def shapes(self) -> Mapping[str, Shape]:
        """Name and shape of every tensor."""
        return self._shapes

    @property
    def size_bytes(self) -> int:
        """Length of all the files."""
        return sum(path.stat().st_size for path in self._paths)

    @property
    def identity(self) -> str:
        """What changes when the files do: their names, lengths and times."""
        found = ((path, path.stat()) for path in self._paths)
        return "; ".join(f"{path.name} {stat.st_size} {stat.st_mtime_ns}" for path, stat in found)

    def read(self, name: str) -> Tensor:
        """A tensor, as a view of the mapped file."""
        path = self._where[name]
        if self._open is None or self._open[0] != path or self._mapped_bytes > REMAP_BYTES:
            self._open, self._mapped_bytes = (path, _map(path)), 0
        tensor: Tensor = self._open[1].get_tensor(name)
        self._mapped_bytes += tensor.nbytes
        return tensor

    def path_of(self, name: str) -> Path:
        """The file that a tensor is in, or should be in."""
        return self._where.get(name, self.folder / WEIGHTS)


def _parts(folder: Path) -> Iterable[Path]:
    index = folder / f"{WEIGHTS}.index.json"
    if not index.is_file():
        return [folder / WEIGHTS]
    try:
        return sorted({folder / name for name in json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()})
    except (OSError, ValueError, RecursionError, KeyError, AttributeError, TypeError) as exc:
        raise AssetError(str(index), f"The file cannot be read: {exc!r}.", mend=fetch_again()) from exc


def _map(path: Path) -> Any:
    try:
        return safe_open(str(path), framework="pt")
    except FileNotFoundError as exc:
        raise AssetError(str(path), "There is no such file.", mend=fetch_again()) from exc
    except (SafetensorError, OSError) as exc:
        raise AssetError(
            str(path), f"The file is cut short or not in safetensors format: {exc}.", mend=fetch_again()
        ) from exc


@dataclass(frozen=True, slots=True)
class Loader:
    """Fills models, built on the meta device, from a folder's weights."""

    files: WeightFiles
    place: Place
    progress: Progress = lambda read: None

    def fill(self, model: nn.Module, unused: Mapping[str, Shape], but: tuple[str, ...] = ()) -> None:
        """Load every parameter of `model`; nothing is read before all names and shapes are known to fit.

        Parameters whose names begin with one of `but` stay on the meta device; `fill_part` may load them later.

        Raises: AssetError naming the first tensor that is missing, extra or of another shape
        """
        wanted = list(targets(model))
        check(self.files, wanted, unused)
        self._load(model, [target for target in wanted if not target.name.startswith(but)])
        model.requires_grad_(False).eval()

    def fill_part(self, model: nn.Module, prefix: str) -> None:
        """Load the parameters of `model`, which `fill` has checked, whose names begin with `prefix`."""
        self._load(model, [target for target in targets(model) if target.name.startswith(prefix)])

    def _load(self, model: nn.Module, wanted: Iterable[Target]) -> None:
        values = {target.name: self._value(target) for target in wanted}
        model.load_state_dict(values, assign=True, strict=False)

    def _value(self, target: Target) -> Tensor:
        device, dtype = self.place(target.name)
        parts = [self.files.read(name) for name, _ in target.sources]
        self.progress(sum(part.nbytes for part in parts))
        if dtype is None:
            return own_mapping(parts[0]).to(device)
        # A copy in any case, so that the mapping it was read through can go.
        return target.form.combine(parts).to(device, dtype, copy=True).contiguous()


def own_mapping(tensor: Tensor) -> Tensor:
    """A copy in a file without a name, mapped; in memory where there is no room for one.

    The process would end if the file that a tensor is mapped from were cut short, for instance as it is fetched again.
    """
    size = tensor.nbytes
    try:
        with tempfile.NamedTemporaryFile(prefix="makima-") as file:
            os.posix_fallocate(file.fileno(), 0, size)  # as a disk that is full is only found out when it is written to
            mapped = torch.from_file(file.name, shared=True, size=tensor.numel(), dtype=tensor.dtype)
    except (OSError, RuntimeError, AttributeError):  # the last where the system cannot reserve room
        return tensor.clone()
    return mapped.view(tensor.shape).copy_(tensor)


def check(files: WeightFiles, wanted: Iterable[Target], unused: Mapping[str, Shape]) -> None:
    """Compare what is there with what should be. Raises: AssetError naming the first difference."""
    expected = dict(unused)
    for target in wanted:
        expected.update(target.sources)
    for name, what in _differences(files.shapes, expected):
        raise AssetError(str(files.path_of(name)), f"{what}, going by the config.json beside it.", mend=fetch_again())


def _differences(found: Mapping[str, Shape], expected: Mapping[str, Shape]) -> Iterator[tuple[str, str]]:
    for name, shape in expected.items():
        if name not in found:
            yield name, f"The tensor {name} of shape {list(shape)} is missing"
        elif found[name] != shape:
            yield name, f"The tensor {name} is of shape {list(found[name])} and should be {list(shape)}"
    for name in found:
        if name not in expected:
            yield name, f"There is a tensor {name} too many"
