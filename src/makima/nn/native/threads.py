"""The pool of threads that the kernels run on."""

from __future__ import annotations

import functools
import os
import weakref

from makima.errors import ConfigError
from makima.nn.native.library import library

MAX_THREADS = 64
SPIN_US = 200


def usable_cores() -> int:
    """Cores this process may run on: a container's share, where the system tells."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class ThreadPool:
    """Threads that meet at spinning barriers inside a call and sleep between calls. One call at a time.

    Decoders share a pool, and calls from several threads wait for each other; but a decoder has only one set of buffers
    and must be called from one thread at a time. After a fork the child starts threads anew.
    """

    def __init__(self, threads: int | None = None, *, spin_us: int = SPIN_US) -> None:
        """`spin_us`: how long a worker waits awake for the next call before it sleeps.

        Raises: ConfigError for a count outside 1 to 64; AssetError where there is no library.
        """
        threads = usable_cores() if threads is None else threads
        if not 1 <= threads <= MAX_THREADS:
            raise ConfigError("threads", f"{threads} is not between 1 and {MAX_THREADS}.")
        lib = library()
        address: int | None = lib.makima_pool_new(threads, spin_us * 1000)
        if address is None:
            raise MemoryError("The kernels could not allocate a pool.")
        self.address = address
        self.threads: int = lib.makima_pool_threads(self.address)
        weakref.finalize(self, lib.makima_pool_free, self.address).atexit = False


class Lanes:
    """Which cores a model's parts run on: all of them in turn or, while they are `apart`, half of them each.

    Apart, the codec decodes a frame while the language models make the next. The halves of all models are the same two
    pools, and so are the whole.
    """

    def __init__(self) -> None:
        """Raises: AssetError where there is no library"""
        self.all = shared_pool()
        self.speech_alone, self.codec_alone = _halves()
        self.apart = False

    @property
    def speech(self) -> ThreadPool:
        """Where the language models run now."""
        return self.speech_alone if self.apart else self.all

    @property
    def codec(self) -> ThreadPool:
        """Where the codec runs now."""
        return self.codec_alone if self.apart else self.all


@functools.cache
def _halves() -> tuple[ThreadPool, ThreadPool]:
    cores = usable_cores()
    codec = max(1, cores // 2)
    return ThreadPool(max(1, cores - codec)), ThreadPool(codec)


@functools.cache
def shared_pool(threads: int | None = None) -> ThreadPool:
    """One pool for each count, for callers that bring none."""
    return ThreadPool(threads)
