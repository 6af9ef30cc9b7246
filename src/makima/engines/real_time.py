"""Whether this machine speaks Qwen3-TTS in real time: as measured when it was last loaded, before that an estimate.

Loads and imports nothing but NumPy. The estimate compares how fast this machine reads memory, which is what the model
spends its time on, with the machine of the figures in docs/benchmarks.
"""

from __future__ import annotations

import json
import logging
import platform
import time
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np

from makima.config import Settings
from makima.errors import AssetError
from makima.models import hub
from makima.nn.native.threads import usable_cores

log = logging.getLogger(__name__)

FILE: Final = "qwen3-real-time.json"

_FACTORS: Final[Mapping[str, float]] = MappingProxyType(
    {"none": 4.8, "int8-pytorch": 2.0, "bfloat16": 1.3, "int8": 0.78, "int4": 0.54}
)
"""Real-time factors of the 0.6B on two cores, one stream; docs/benchmarks/README.md has the table."""
_THERE_BYTES: Final = 2.5e9
_THERE_BYTES_PER_S: Final = 25e9
"""The size of that release, and what such a machine reads a second with the product below."""
_THERE_CORES: Final = 2
_MEMORY: Final[Mapping[str, float]] = MappingProxyType(
    {"none": 1.9, "int8-pytorch": 1.1, "bfloat16": 0.96, "int8": 0.72, "int4": 0.56}
)
"""Peak memory of the 0.6B over the size of its release; README.md has the table. `none` keeps 32 bits for each 16."""

_SIDE: Final = 4_096
_TRIES: Final = 25
"""Other programs take the memory too: the best of many tells what there is."""


class RealTime:
    """The figure of the model of the settings, on this machine."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._path = settings.cache_dir.expanduser() / FILE
        self._key = f"{settings.model_id}, {self._quantize}, {platform.machine()}, {usable_cores()} cores"

    @property
    def _quantize(self) -> str:
        if self._settings.quantize != "auto":
            return self._settings.quantize
        spec = find_spec("makima")
        folders = spec.submodule_search_locations if spec is not None else None
        compiled = any(any((Path(folder) / "nn/native").glob("_kernels.*")) for folder in folders or ())
        return "int8" if compiled else "int8-pytorch"

    @property
    def _on_gpu(self) -> bool:
        return self._settings.device not in ("auto", "cpu") or (self._settings.device == "auto" and _has_gpu())

    def factor(self) -> float:
        """Time over audio: below 1 it keeps up. 0 where a GPU does the work."""
        if self._on_gpu:
            return 0.0
        noted = self._noted().get(self._key)
        return noted if noted is not None else self._estimate()

    def expected(self, size_bytes: int) -> float:
        """The factor of a model whose release has this size, whether or not it is here. 0 where a GPU does the work."""
        factor = self._noted().get(self._key)
        if self._on_gpu:
            return 0.0
        return factor if factor is not None else self._estimate_of(size_bytes)

    def memory_bytes(self, size_bytes: int) -> int:
        """About how much memory a model takes whose release has this size: on a GPU it is kept as it comes."""
        return int(size_bytes * (1.0 if self._on_gpu else _MEMORY.get(self._quantize, 1.0)))

    def problem(self) -> AssetError | None:
        """Why the engine is not chosen unasked, or None."""
        factor = self.factor()
        if factor <= 1.0:
            return None
        said = f"It takes {factor:.1f} times as long to speak here as the speech lasts."
        return AssetError("engine qwen3", said, mend="Ask for it by name, with --engine qwen3.")

    def note(self, factor: float) -> None:
        """Keep what was measured; what stands against it is a warning."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps({**self._noted(), self._key: round(factor, 3)}, indent=1), "utf-8")
        except OSError as exc:
            log.warning("the real-time factor cannot be kept: %s", exc)

    def _noted(self) -> dict[str, float]:
        try:
            noted = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return (
            {key: value for key, value in noted.items() if isinstance(value, float)} if isinstance(noted, dict) else {}
        )

    def _estimate(self) -> float:
        folder = hub.find(self._settings.model_id)
        size_bytes = sum(path.stat().st_size for path in folder.rglob("*.safetensors")) if folder is not None else 0
        return self._estimate_of(size_bytes)

    def _estimate_of(self, size_bytes: int) -> float:
        factor = _FACTORS.get(self._quantize, 1.0) * size_bytes / _THERE_BYTES
        # A small model needs no measurement, as those of tests.
        if factor < 0.01:
            return factor
        # Where the matrix stays in a large cache it says more than memory can do: no better than there, by the core.
        most = _THERE_BYTES_PER_S * max(1.0, usable_cores() / _THERE_CORES)
        return factor * _THERE_BYTES_PER_S / min(_bytes_per_s(), most)


@cache
def _bytes_per_s() -> float:
    """How fast a matrix larger than the caches is multiplied with a vector; 0.3 s."""
    matrix, vector = np.ones((_SIDE, _SIDE), np.float32), np.ones(_SIDE, np.float32)
    times_s = []
    for _ in range(_TRIES):
        begun_s = time.perf_counter()
        np.dot(matrix, vector)
        times_s.append(time.perf_counter() - begun_s)
    return float(matrix.nbytes / min(times_s))


def _has_gpu() -> bool:
    return any(Path(path).exists() for path in ("/dev/nvidia0", "/dev/dxg")) or platform.system() == "Darwin"
