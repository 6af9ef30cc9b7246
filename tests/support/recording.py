"""What a CUDA graph does, on any device: the operations of one run, replayed without the Python around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only

from makima.nn.graph import EagerRecorder, Replay


class Tape(TorchDispatchMode):
    """Notes down operations as they run. What they read is either of their own making, or never moves."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._operations: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], Any]] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        given = dict(kwargs or {})
        made = func(*args, **given)
        self._operations.append((func, args, given, made))
        return made

    def replay(self, output: Tensor | None) -> Tensor | None:
        """Run all operations again; what `output` has become."""
        made_now: dict[int, Tensor] = {}

        def now(tensor: Tensor) -> Tensor:
            return made_now.get(id(tensor), tensor)

        for func, args, kwargs, before in self._operations:
            made = func(*tree_map_only(Tensor, now, args), **tree_map_only(Tensor, now, kwargs))
            for old, new in zip(tree_leaves(before), tree_leaves(made), strict=True):
                if isinstance(old, Tensor):
                    made_now[id(old)] = new
        return None if output is None else now(output)


class TapeRecorder(EagerRecorder):
    """Runs a function once. In replays every Python number is what it was then, as in a CUDA graph."""

    def record(self, function: Callable[[], Tensor | None]) -> Replay:
        with Tape() as tape:
            output = function()
        return super().record(lambda: tape.replay(output))
