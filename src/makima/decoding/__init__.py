"""Decoding of uploads in helper processes with limits of memory and time.

A recording that crashes the decoder, fills its memory or never ends costs its sender an error, and nothing else.
What an upload pays for that, and which limits there are, is in docs/reliability-fuzz.md.
"""

from makima.decoding.decoder import Decoder

__all__ = ["Decoder"]
