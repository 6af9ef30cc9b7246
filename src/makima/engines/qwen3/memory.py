"""Running out of memory: how devices say so, and what can be given back."""

from __future__ import annotations

import gc

import torch

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
