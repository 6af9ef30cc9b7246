"""The model: the graph in a session of ONNX Runtime, its generator on the native kernels where they are."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from makima.errors import AssetError, OutOfMemory, SynthesisFailed
from makima.events import Samples
from makima.models.kokoro.generator import FRONT_OUTPUTS, Generator
from makima.models.kokoro.graph_file import GraphFile
from makima.models.kokoro.symbols import MAX_TOKENS, PADDING
from makima.nn.native.library import available, instruction_set
from makima.nn.native.threads import shared_pool

SAMPLE_RATE_HZ: Final = 24_000

_INPUTS: Final = {"tokens": "tensor(int64)", "style": "tensor(float)", "speed": "tensor(float)"}

# The frames each token lasts for. The released graph keeps them to itself: they are made an output of it by adding
# `graph.output` to the file, since fields of a message that come again are added to those before.
_DURATIONS: Final = "/encoder/Clip_output_0"
_GRAPH, _OUTPUT, _NAME = 7, 12, 1


@dataclass(frozen=True, slots=True)
class Sound:
    """What a run gives, silence at both ends included.

    Shapes: samples [S] float32 in [-1, 1], at `SAMPLE_RATE_HZ`; starts [T + 1], where each of the tokens begins, and
            where the last one ends
    """

    samples: Samples
    starts: NDArray[np.int64]


class Stop:
    """Ends a run from another thread, within a few milliseconds."""

    def __init__(self) -> None:
        self.options = onnxruntime.RunOptions()
        # Memory goes back after each run: 120 MB less for a tenth of the processor time.
        self.options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        self.flag = ctypes.c_int32(0)

    @property
    def stopped(self) -> bool:
        return self.flag.value != 0

    def stop(self) -> None:
        """End the run that was given this, now or as soon as it begins."""
        self.flag.value = 1
        self.options.terminate = True


class Kokoro:
    """The model, loaded. One run at a time. `native`: whether the generator runs on the kernels; None where they pay.

    Raises: AssetError where the file cannot be read or is another model; OutOfMemory
    """

    def __init__(self, path: Path, threads: int = 0, *, native: bool | None = None) -> None:
        self._generator: Generator | None = None
        front: bytes | None = None
        if kernels_pay() if native is None else native:
            cut = _cut(path, threads)
            if cut is not None:
                front, self._generator = cut
        self._session = _session(front, path, threads)
        found = {port.name: port.type for port in self._session.get_inputs()}
        outputs = 1 if self._generator is None else len(FRONT_OUTPUTS)
        if found != _INPUTS or len(self._session.get_outputs()) != outputs + 1:  # the durations
            raise AssetError(str(path), f"It is another model: it takes {', '.join(sorted(found))}.")

    @property
    def native(self) -> bool:
        """Whether the generator runs on the kernels."""
        return self._generator is not None

    @property
    def swift(self) -> bool:
        """Whether a second of sound takes some 0.16 s of processor time, where others take 0.3 to 0.9."""
        return self._generator is not None and self._generator.kind == "bfloat16"

    def run(self, tokens: Sequence[int], style: NDArray[np.float32], speed: float, stop: Stop) -> Sound | None:
        """Speech; None where `stop` ended it.

        Shapes: tokens at most `MAX_TOKENS`, style [510, 256]
        Raises: SynthesisFailed, OutOfMemory
        """
        assert 0 < len(tokens) <= MAX_TOKENS, len(tokens)
        inputs = {
            "tokens": np.array([[PADDING, *tokens, PADDING]], np.int64),
            "style": style[len(tokens) - 1][None],
            "speed": np.array([speed], np.float32),
        }
        try:
            *outputs, frames = self._session.run(None, inputs, stop.options)
            audio = self._audio(outputs, stop)
        except Exception as exc:
            if stop.stopped:
                return None
            if isinstance(exc, MemoryError) or _is_out_of_memory(exc):
                raise OutOfMemory("There is not enough memory to speak.", mend="Take shorter sentences.") from exc
            raise SynthesisFailed(f"The model failed: {_first_line(exc)}.") from exc
        if audio is None:
            return None
        samples: Samples = np.clip(np.nan_to_num(audio.reshape(-1)), -1.0, 1.0).astype(np.float32, copy=False)
        ends = np.cumsum(frames.reshape(-1), dtype=np.float64)
        starts = np.rint(ends * (len(samples) / max(ends[-1], 1.0))).astype(np.int64)
        return Sound(samples, starts[: len(tokens) + 1])  # those of the padding are before and behind

    def _audio(self, outputs: list[Any], stop: Stop) -> NDArray[np.float32] | None:
        if self._generator is None:
            audio: NDArray[np.float32] = outputs[0]
            return audio
        frames, source, style = (output[0] for output in outputs)
        return self._generator.run(frames, source, style, stop.flag)


def _output(name: str) -> bytes:
    """A model that consists of one output of its graph, as protocol buffers write it."""
    written = name.encode()
    for field in (_NAME, _OUTPUT, _GRAPH):
        written = bytes([field << 3 | 2, len(written)]) + written
    return written


def kernels_pay() -> bool:
    """Whether the native kernels are here and take less time than ONNX Runtime: wherever they have vectors."""
    return available() and instruction_set() != "portable"


def _cut(path: Path, threads: int) -> tuple[bytes, Generator] | None:
    """The part before the generator, and the generator; None for a graph that is built in another way."""
    try:
        graph = GraphFile(memoryview(path.read_bytes()), str(path))
    except (OSError, AssetError):
        return None  # what is wrong with it is said where the whole is loaded
    outputs = (*FRONT_OUTPUTS, _DURATIONS)
    if not all(map(graph.makes, outputs)):
        return None
    generator = Generator(graph, shared_pool(threads or None))
    return graph.part_that_makes(outputs), generator


def _whole(path: Path) -> bytes:
    graph = path.read_bytes()
    # Of another model, which is found out where its outputs are counted, there are no durations.
    return graph + _output(_DURATIONS) if _DURATIONS.encode() in graph else graph


def _session(front: bytes | None, path: Path, threads: int) -> onnxruntime.InferenceSession:
    """Raises: AssetError where the graph cannot be loaded; OutOfMemory"""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3  # what it warns of is about how the graph was written
    # Threads that spin between two operations take the cores from the other sessions, and from the recogniser.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(front or _whole(path), options, providers=["CPUExecutionProvider"])
    except Exception as exc:  # its exceptions have no common class
        if _is_out_of_memory(exc):
            raise OutOfMemory(f"There is not enough memory for {path.name}.") from exc
        raise AssetError(str(path), f"The graph cannot be loaded: {_first_line(exc)}.") from exc


def _is_out_of_memory(exc: Exception) -> bool:
    said = str(exc).lower()
    return any(words in said for words in ("failed to allocate", "out of memory", "bad_alloc"))


def _first_line(exc: Exception) -> str:
    return (str(exc).strip().splitlines() or ["no reason given"])[0].rstrip(".")
