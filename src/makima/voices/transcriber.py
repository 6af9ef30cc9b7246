"""The interface to the recogniser that transcribes recordings of voices."""

from __future__ import annotations

from typing import Protocol

from makima.events import Samples


class Transcriber(Protocol):
    """A recogniser of whole recordings."""

    def transcribe(self, samples: Samples, rate_hz: int, language: str) -> str:
        """The words in `samples` [S], or an empty text. Blocks; called from one thread at a time.

        Raises: MakimaError where it is not available
        """
