"""Running out of memory: how devices say so, and what can be given back."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from typing import TypeVar

import torch

from makima.errors import OutOfMemory

log = logging.getLogger(__name__)

T = TypeVar("T")

_SAID = ("out of memory", "can't allocate memory")
"""What Apple's GPU and the CPU's allocator say, in errors that have no class of their own."""


def is_out_of_memory(exc: BaseException) -> bool:
    """Whether `exc` says that a device has no memory left."""
    if isinstance(exc, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(exc, RuntimeError) and any(said in str(exc) for said in _SAID)


def free_memory() -> None:
    """Give back what nothing holds any more."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def with_memory(work: Callable[[], T], *, on_cpu: bool) -> T:
    """Do `work`; out of memory, give back what is not in use and try once more.

    Raises: OutOfMemory where that does not help
    """
    for attempt in range(2):
        try:
            return work()
        except (RuntimeError, MemoryError) as exc:
            if not is_out_of_memory(exc):
                raise
            log.warning("out of memory, attempt %d: %s", attempt + 1, exc)
        free_memory()
    # Not raised from what was caught: that holds on to the frames, and they to the memory.
    if on_cpu:
        raise OutOfMemory("There is not enough memory.", mend="Take a smaller model.")
    raise OutOfMemory("The GPU is out of memory.", mend="From now on the CPU is used, which is slower. Try again.")
