"""Processor time that threads spend in grammars, whose limit is their own."""

from __future__ import annotations

import threading

_spent = threading.local()


def spent_s() -> float:
    """What this thread has spent so far."""
    return float(getattr(_spent, "seconds", 0.0))


def spend(seconds: float) -> None:
    """Count some more for this thread."""
    _spent.seconds = spent_s() + seconds
