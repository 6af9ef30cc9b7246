"""Decoding a frame beside the making of the next: on the kernels, where there is a second core."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from torch import Tensor

from makima.events import Samples
from makima.nn.native.threads import Lanes, usable_cores

Frames = Mapping[int, Tensor]
Decoded = dict[int, Samples]
Decode = Callable[[Frames], Decoded]

GLANCE_S = 0.0002
"""How long a thread that finds no work to take part in sleeps before it looks again."""


class CodecThread:
    """A thread that decodes while its owner goes on. One frame at a time: `finish` follows each `start`.

    The language models have half of the cores meanwhile. A caller of `finish` that is early takes part in the decoding,
    so that no core is idle while there is work.
    """

    def __init__(self, decode: Decode, help_out: Callable[[], bool], lanes: Lanes) -> None:
        """`help_out` takes part in what `decode` does in the other thread, and tells whether there was anything."""
        self._decode, self._help_out, self._lanes = decode, help_out, lanes
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="codec")
        # Started here, where it may fail: a frame that waits for a thread that cannot start would be decoded later.
        self._thread.submit(bool).result()
        self._coming: Future[Decoded] | None = None

    @staticmethod
    def possible() -> bool:
        """Whether there is a core for it."""
        return usable_cores() > 1

    @property
    def busy(self) -> bool:
        """Whether something was begun and not finished yet."""
        return self._coming is not None

    def start(self, frames: Frames) -> None:
        """Begin to decode."""
        assert self._coming is None, "one at a time"
        self._lanes.apart = True
        self._coming = self._thread.submit(self._decode, frames)

    def finish(self) -> Decoded:
        """The audio of what was begun; nothing where nothing was. Raises: what `decode` raised"""
        coming, self._coming = self._coming, None
        if coming is None:
            return {}
        try:
            while not coming.done():
                if not self._help_out():
                    time.sleep(GLANCE_S)
        finally:
            self._lanes.apart = False
        return coming.result()
