"""What a CUDA graph does, on any device: the operations of one run, replayed without the Python around them."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.fx.experimental.proxy_tensor import make_fx

from makima.nn.graph import EagerRecorder, Replay


class TraceRecorder(EagerRecorder):
    """Traces a function once. In replays every Python number is what it was then, as in a CUDA graph."""

    def record(self, function: Callable[[], Tensor | None]) -> Replay:
        return super().record(make_fx(function)())
