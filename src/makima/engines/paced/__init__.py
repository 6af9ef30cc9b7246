"""Any engine at any pace: within what it can do by itself, and beyond that by a filter that keeps the pitch."""

from makima.engines.paced.engine import PacedEngine, paced

__all__ = ["PacedEngine", "paced"]
