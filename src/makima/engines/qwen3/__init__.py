"""Qwen3-TTS behind the engine seam: one thread owns the model and speaks for all streams.

`batch` is the model with its slots, `utterance` what is kept of each stream, `cast` who speaks, `thread` the loop,
`engine` the seam.
"""

from makima.engines.qwen3.engine import Qwen3Engine

__all__ = ["Qwen3Engine"]
