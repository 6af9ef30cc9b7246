"""Simulated time: an event loop whose clock jumps to the next timer whenever there is nothing left to do."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _JumpingSelector(selectors.DefaultSelector):
    """Never waits: where the loop would, the clock is put forward instead."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if not events and timeout is None:
            raise AssertionError("nothing is left that could ever happen")
        if not events and timeout:
            self.now_s += timeout
        return events


class SimulatedLoop(asyncio.SelectorEventLoop):
    """For programs without threads and without sockets: what they wait for must be in the loop."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now_s


def run_simulated(program: Coroutine[Any, Any, T]) -> T:
    """Run `program` to its end, in as little real time as it takes to compute."""
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        return runner.run(program)
