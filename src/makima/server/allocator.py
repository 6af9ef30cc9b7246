"""Memory that is free again goes back to the system, so that a server that runs for weeks does not grow.

Three things keep it otherwise. Sessions end as cycles of references, which wait for the garbage collector, which counts
objects and knows nothing of what these hold natively. glibc makes a heap for every few threads, and each keeps what
was freed in it. And it keeps holes in each of them for good. So the objects of start-up are taken out of the
collector's work, which makes a collection take milliseconds, there are few heaps, and both are swept while sessions
come and go. What was measured is in docs/decisions/0080-it-holds.md.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import threading
import time
from collections.abc import Callable

SWEEP_S = 5.0
"""Between two sweeps, each of which takes some milliseconds of a core."""
WORTH_S = 0.1
"""Of computing, after which there may be something to sweep."""
HEAPS = 2
"""Of glibc's. Each reserves 64 MiB of addresses, which a limit on them (`ulimit -v`) counts as used."""

STACK_BYTES = 2 << 20
"""Of a thread, each session having some. Linux reserves 8 MiB of addresses otherwise, macOS 512 KiB."""

_M_ARENA_MAX = -8  # malloc.h


def limit_heaps() -> None:
    """Have few heaps, and small stacks. To be called before there are threads; the former is glibc's alone."""
    threading.stack_size(STACK_BYTES)
    if (option := _native("mallopt")) is not None:
        option(_M_ARENA_MAX, HEAPS)


def settle() -> None:
    """Take what there is now out of the collector's work: modules, models, routes."""
    gc.collect()
    gc.freeze()


def sweep() -> None:
    """Free what only the collector finds, and give free memory back. From any thread."""
    gc.collect()
    if (trim := _native("malloc_trim")) is not None:
        trim(0)  # the interpreter is left to other threads meanwhile


async def keep_swept(loaded: Callable[[], object]) -> None:
    """Sweep whenever there was work, and settle whenever what `loaded` tells has changed."""
    settled = loaded()
    await asyncio.to_thread(settle)
    swept_s = time.process_time()
    while True:
        await asyncio.sleep(SWEEP_S)
        if (now := loaded()) != settled:
            settled = now
            await asyncio.to_thread(settle)
        elif time.process_time() - swept_s > WORTH_S:
            await asyncio.to_thread(sweep)
            swept_s = time.process_time()


class Sweeper:
    """Sweeps in a command that works for hours without an event loop. Make it once everything is loaded."""

    def __init__(self, every_s: float = SWEEP_S) -> None:
        self._every_s = every_s
        self._swept_s = time.monotonic()
        settle()

    def worked(self) -> None:
        """Sweep, unless that was done a moment ago. To be called after each piece of work."""
        if time.monotonic() - self._swept_s >= self._every_s:
            sweep()
            self._swept_s = time.monotonic()


def _native(name: str) -> Callable[..., int] | None:
    try:
        return getattr(ctypes.CDLL(None), name, None)
    except (OSError, TypeError):  # where a process cannot be searched for its functions, as on Windows
        return None
