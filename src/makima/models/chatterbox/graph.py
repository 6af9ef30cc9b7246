"""One ONNX graph in a session of ONNX Runtime: checked against what we know, run, its errors put into words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from makima.errors import AssetError, ConfigError, MakimaError, OutOfMemory, SynthesisFailed
from makima.models.chatterbox.layout import mend

_DTYPES: Final[Mapping[str, type[np.generic]]] = MappingProxyType(
    {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(int64)": np.int64}
)
_OUT_OF_MEMORY: Final = ("failed to allocate", "out of memory", "bad_alloc")
"""What its errors say, which have no class of their own for this."""

CPU, CUDA = "cpu", "cuda:0"


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output of a graph. A dimension that is open is None."""

    name: str
    dtype: type[np.generic]
    shape: tuple[int | None, ...]


class Graph:
    """A session over one file.

    Raises: AssetError where the file cannot be read or asks for inputs that are unknown; OutOfMemory
    """

    def __init__(self, path: Path, device: str = CPU, threads: int = 0) -> None:
        self.path = path
        self.device = device
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3  # what it warns of is about how the graph was written
        try:
            self.session = onnxruntime.InferenceSession(str(path), options, providers=_providers(device))
        except Exception as exc:  # its exceptions have no common class
            if _is_out_of_memory(exc):
                raise OutOfMemory(f"There is not enough memory for {path.name}.") from exc
            said = str(exc).strip().splitlines() or ["no reason given"]
            raise AssetError(str(path), f"The graph cannot be loaded: {said[0]}.", mend=mend()) from exc
        self.inputs = self._ports(self.session.get_inputs())
        self.outputs = self._ports(self.session.get_outputs())

    def expect(self, inputs: Collection[str], outputs: int = 1) -> None:
        """Check that the graph takes exactly these inputs, and gives at least `outputs` outputs.

        Raises: AssetError
        """
        if set(self.inputs) != set(inputs):
            found, known = (", ".join(sorted(names)) for names in (self.inputs, inputs))
            raise self.misfit(f"It takes {found}; of Chatterbox Turbo it would take {known}.")
        if len(self.outputs) < outputs:
            raise self.misfit(f"It gives {len(self.outputs)} outputs; {outputs} were expected.")

    def misfit(self, message: str) -> AssetError:
        """The error for a graph that is another one than it should be."""
        return AssetError(str(self.path), message, mend=mend())

    def run(self, **inputs: NDArray[Any]) -> list[NDArray[Any]]:
        """All outputs, in order; inputs are cast to what the graph asks for.

        Raises: SynthesisFailed, OutOfMemory
        """
        fed = {name: value.astype(self.inputs[name].dtype, copy=False) for name, value in inputs.items()}
        try:
            found: list[NDArray[Any]] = self.session.run(None, fed)
        except Exception as exc:
            raise self.failure(exc) from exc
        return found

    def failure(self, exc: Exception) -> MakimaError:
        """What went wrong in a run, as one of our errors."""
        if _is_out_of_memory(exc):
            return OutOfMemory(f"There is not enough memory to run {self.path.name}.", mend="Take shorter sentences.")
        said = str(exc).strip().splitlines() or ["no reason given"]
        return SynthesisFailed(f"{self.path.name} failed: {said[0]}.")

    def _ports(self, nodes: list[Any]) -> dict[str, Port]:
        ports = {}
        for node in nodes:
            if node.type not in _DTYPES:
                raise self.misfit(f"{node.name} is a {node.type}, which is unknown.")
            shape = tuple(size if isinstance(size, int) else None for size in node.shape)
            ports[node.name] = Port(node.name, _DTYPES[node.type], shape)
        return ports


def chosen_device(name: str) -> str:
    """The device that `name` means: `auto` takes CUDA where this build of ONNX Runtime has it, else the CPU.

    Raises: ConfigError for one that is not there
    """
    has_cuda = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    if name == "auto":
        return CUDA if has_cuda else CPU
    if name == CPU or (name.startswith("cuda") and has_cuda):
        return CPU if name == CPU else CUDA
    raise ConfigError(
        "TTS_DEVICE",
        f"There is no device {name!r} for ONNX Runtime here.",
        mend="Take auto or cpu, or install onnxruntime-gpu in place of onnxruntime.",
    )


def _providers(device: str) -> list[str]:
    return (["CUDAExecutionProvider"] if device == CUDA else []) + ["CPUExecutionProvider"]


def _is_out_of_memory(exc: Exception) -> bool:
    return isinstance(exc, MemoryError) or any(said in str(exc).lower() for said in _OUT_OF_MEMORY)
