"""Chatterbox Turbo as an engine: one thread owns the model, and synthesizes one sentence at a time.

`voices` holds the voices and their prompts, `stream` is one utterance, `thread` the loop, `engine` the interface.
"""

from makima.engines.chatterbox.engine import ChatterboxEngine

__all__ = ["ChatterboxEngine"]
