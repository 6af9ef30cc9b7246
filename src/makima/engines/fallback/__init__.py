"""An engine with others behind it, which speak where it cannot."""

from makima.engines.fallback.engine import Candidate, Degradable, FallbackEngine

__all__ = ["Candidate", "Degradable", "FallbackEngine"]
