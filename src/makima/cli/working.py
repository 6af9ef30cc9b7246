"""A status line for work that takes a while."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from makima.console import status
from makima.events import Loading

SHOWN_AFTER_S = 1.0


class Working:
    """A status line, shown once the work has taken `SHOWN_AFTER_S`; nothing where there is no terminal."""

    def __init__(self, what: str) -> None:
        self._status = status.status(f"{what} ...")
        self._timer = threading.Timer(SHOWN_AFTER_S, self._status.start)
        self._timer.daemon = True

    def __call__(self, news: Loading) -> None:
        percent = "" if news.progress is None else f" {news.progress:.0%}"
        self._status.update(f"{news.what}{percent} ...")

    def begin(self) -> None:
        if status.is_terminal:
            self._timer.start()

    def end(self) -> None:
        self._timer.cancel()
        self._status.stop()


@contextmanager
def working(what: str) -> Iterator[Working]:
    """Show `what` while the block runs; the value takes news of loading."""
    line = Working(what)
    line.begin()
    try:
        yield line
    finally:
        line.end()
