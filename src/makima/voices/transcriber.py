"""The seam to whatever writes down what is said in a recording."""

from __future__ import annotations

from typing import Protocol

from makima.events import Samples


class Transcriber(Protocol):
    """A recogniser, as the library needs it: a whole recording in, its words out."""

    def transcribe(self, samples: Samples, rate_hz: int, language: str) -> str:
        """The words in `samples` [S], or nothing where there are none. Blocks; called from one thread at a time.

        Raises: MakimaError where it cannot be asked now
        """
