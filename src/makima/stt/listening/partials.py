"""Which words of an utterance are settled while it is still being spoken.

An open utterance is recognised again and again. A word is settled once two guesses in a row agree on it and on all
before it (local agreement); what was settled is never taken back, whatever later guesses make of it.
Source: Liu, Spanakis and Niehues 2020, "Low-Latency Sequence-to-Sequence Speech Recognition and Translation by Partial
Hypothesis Selection", section 3.2
"""

from __future__ import annotations

from collections.abc import Sequence


class AgreedPrefix:
    """Guesses in, the words that are settled out."""

    def __init__(self) -> None:
        self._settled: list[str] = []
        self._previous: list[str] = []

    @property
    def text(self) -> str:
        """All that is settled."""
        return " ".join(self._settled)

    def push(self, guess: str) -> bool:
        """Take the next guess; whether more is settled than before."""
        words = guess.split()
        agreed = _agreed(self._previous, words)
        self._previous = words
        count = len(self._settled)
        # A mark behind a settled word often changes when more is heard; the word itself must be the same.
        if len(agreed) <= count or [*map(_bare, agreed[:count])] != [*map(_bare, self._settled)]:
            return False
        self._settled += agreed[count:]
        return True


def _agreed(one: Sequence[str], other: Sequence[str]) -> list[str]:
    agreed: list[str] = []
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        agreed.append(right)
    return agreed


def _bare(word: str) -> str:
    return word.strip(".,;:!?…").lower() or word
