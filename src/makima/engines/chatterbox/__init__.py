"""Chatterbox Turbo behind the engine seam: one thread owns the model, and speaks a sentence at a time.

`cast` is who speaks, `stream` one utterance, `thread` the loop, `engine` the seam.
"""

from makima.engines.chatterbox.engine import ChatterboxEngine

__all__ = ["ChatterboxEngine"]
