"""Functions that are recorded once and then replayed: CUDA graphs, and the same over again where there are none.

A recorded function reads and writes tensors that never move. Whatever it does in Python, it does while it is recorded
and not again: a number that it reads or changes there is the same in every replay. So it takes nothing from the host
but tensors, sets the numbers it depends on itself, and there is a graph for each combination of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, Protocol, TypeAlias

import torch
from torch import Tensor

Replay: TypeAlias = Callable[[], Tensor | None]

WARM_UP_RUNS: Final = 3
"""Runs before a capture, in which libraries choose their kernels and take their workspaces. Source: PyTorch's notes on
CUDA graphs."""


class Recorder(Protocol):
    """Turns a function without arguments into one that does the same each time, and gives the same output buffer.

    Recording runs the function, so its buffers must hold something that it may run on.
    """

    device: torch.device

    def record(self, function: Callable[[], Tensor | None]) -> Replay: ...


class EagerRecorder:
    """Calls the function itself: for devices without graphs, and for tests."""

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def record(self, function: Callable[[], Tensor | None]) -> Replay:
        output = function()

        def replay() -> Tensor | None:
            made = function()
            if output is not None and made is not None:
                output.copy_(made)
            return output

        return replay


class CudaRecorder:
    """CUDA graphs that share one pool of memory, as no two of them run at once.

    What is in an output is therefore good until the next graph of the same recorder is replayed.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._pool = torch.cuda.graph_pool_handle()
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    def record(self, function: Callable[[], Tensor | None]) -> Replay:
        usual, graph = torch.cuda.current_stream(self.device), torch.cuda.CUDAGraph()
        self._stream.wait_stream(usual)
        with torch.cuda.stream(self._stream):
            for _ in range(WARM_UP_RUNS):
                function()
            # Other threads may use the device meanwhile: what they do is not ours to forbid.
            with torch.cuda.graph(graph, pool=self._pool, stream=self._stream, capture_error_mode="thread_local"):
                output = function()
        usual.wait_stream(self._stream)

        def replay() -> Tensor | None:
            graph.replay()
            return output

        return replay


def recorder_for(device: torch.device) -> Recorder | None:
    """The device's own graphs; None where it has none."""
    return CudaRecorder(device) if device.type == "cuda" else None


class Graph:
    """A recorded function with buffers of its own: arguments are copied in, the function is replayed.

    The output is one buffer, the same after every call. Arguments come from the device or from the host; from pinned
    memory nothing waits for the copy. The function is recorded on zeros of the shapes and dtypes of `like`.
    """

    @torch.inference_mode()
    def __init__(self, function: Callable[..., Tensor | None], recorder: Recorder, **like: Tensor) -> None:
        device = recorder.device
        self.inputs = {name: torch.zeros(each.shape, dtype=each.dtype, device=device) for name, each in like.items()}
        self._replay = recorder.record(partial(function, **self.inputs))

    @torch.inference_mode()
    def __call__(self, **arguments: Tensor) -> Tensor | None:
        """Raises: ValueError naming the argument that is not what the function was recorded with"""
        if arguments.keys() != self.inputs.keys():
            raise ValueError(f"Recorded with the arguments {sorted(self.inputs)}, called with {sorted(arguments)}.")
        for name, value in arguments.items():
            _check(name, value, self.inputs[name])
        for name, value in arguments.items():
            self.inputs[name].copy_(value, non_blocking=True)
        return self._replay()


def _check(name: str, value: Tensor, buffer: Tensor) -> None:
    aspects = [("shape", list(value.shape), list(buffer.shape)), ("dtype", value.dtype, buffer.dtype)]
    if value.device.type != "cpu":
        aspects.append(("device", value.device, buffer.device))
    for aspect, found, recorded in aspects:
        if found != recorded:
            raise ValueError(f"The {aspect} of {name!r} is {found}; the function was recorded with {recorded}.")
