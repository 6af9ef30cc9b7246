"""The graph in a session of ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from makima.errors import AssetError, OutOfMemory, SynthesisFailed
from makima.events import Samples
from makima.models.kokoro.symbols import MAX_TOKENS, PADDING

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
        self.stopped = False

    def stop(self) -> None:
        """End the run that was given this, now or as soon as it begins."""
        self.stopped = True
        self.options.terminate = True


class Kokoro:
    """The model, loaded. `run` may be called from several threads.

    Raises: AssetError where the file cannot be read or is another model; OutOfMemory
    """

    def __init__(self, path: Path, threads: int = 0) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3  # what it warns of is about how the graph was written
        # Threads that spin between two operations take the cores from the other sessions, and from the recogniser.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            graph = path.read_bytes()
            if _DURATIONS.encode() in graph:  # else it is another model, which is found out below
                graph += _output(_DURATIONS)
            self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        except Exception as exc:  # its exceptions have no common class
            if _is_out_of_memory(exc):
                raise OutOfMemory(f"There is not enough memory for {path.name}.") from exc
            raise AssetError(str(path), f"The graph cannot be loaded: {_first_line(exc)}.") from exc
        found = {port.name: port.type for port in self._session.get_inputs()}
        if found != _INPUTS or len(self._session.get_outputs()) != 2:
            raise AssetError(str(path), f"It is another model: it takes {', '.join(sorted(found))}.")

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
            audio, frames = self._session.run(None, inputs, stop.options)
        except Exception as exc:
            if stop.stopped:
                return None
            if _is_out_of_memory(exc):
                raise OutOfMemory("There is not enough memory to speak.", mend="Take shorter sentences.") from exc
            raise SynthesisFailed(f"The model failed: {_first_line(exc)}.") from exc
        samples: Samples = np.clip(np.nan_to_num(audio.reshape(-1)), -1.0, 1.0).astype(np.float32, copy=False)
        ends = np.cumsum(frames.reshape(-1), dtype=np.float64)
        starts = np.rint(ends * (len(samples) / max(ends[-1], 1.0))).astype(np.int64)
        return Sound(samples, starts[: len(tokens) + 1])  # those of the padding are before and behind


def _output(name: str) -> bytes:
    """A model that consists of one output of its graph, as protocol buffers write it."""
    written = name.encode()
    for field in (_NAME, _OUTPUT, _GRAPH):
        written = bytes([field << 3 | 2, len(written)]) + written
    return written


def _is_out_of_memory(exc: Exception) -> bool:
    said = str(exc).lower()
    return any(words in said for words in ("failed to allocate", "out of memory", "bad_alloc"))


def _first_line(exc: Exception) -> str:
    return (str(exc).strip().splitlines() or ["no reason given"])[0].rstrip(".")
