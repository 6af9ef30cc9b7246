"""The front end before an engine: it gets spoken sentences, in a language that it is told."""

from makima.engines.front_end.engine import FrontedEngine, fronted
from makima.engines.front_end.settings import FrontEnd

__all__ = ["FrontEnd", "FrontedEngine", "fronted"]
