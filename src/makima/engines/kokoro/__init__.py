"""Kokoro-82M behind the engine seam: one thread owns the model, and speaks a piece of a sentence at a time.

`phonemes` turns letters to symbols, `clauses` cuts sentences, `rendering` makes a piece's sound, `voices` is who
speaks, `stream` one utterance, `thread` the loop, `engine` the seam.
"""

from makima.engines.kokoro.engine import KokoroEngine

__all__ = ["KokoroEngine"]
