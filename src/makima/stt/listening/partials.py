"""Which words of an utterance are settled while it is still being spoken.

An open utterance is recognised repeatedly. A word is settled once two hypotheses in a row agree on it and on all words
before it (local agreement). A settled word is never taken back, even if later hypotheses differ.
Source: Liu, Spanakis and Niehues 2020, "Low-Latency Sequence-to-Sequence Speech Recognition and Translation by Partial
Hypothesis Selection", section 3.2
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# A word with the space before it. Each character is one where no spaces are written.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_WORDS = re.compile(rf"\s*(?:[{_UNSPACED}]|[^\s{_UNSPACED}]+)")


class AgreedPrefix:
    """Takes hypotheses and keeps the words on which they agree."""

    def __init__(self) -> None:
        self._settled: list[str] = []
        self._previous: list[str] = []

    @property
    def text(self) -> str:
        """All settled words."""
        return "".join(self._settled)

    def push(self, hypothesis: str) -> bool:
        """Take the next hypothesis; whether it settled more words."""
        words = _WORDS.findall(hypothesis.strip())
        agreed = _agreed(self._previous, words)
        self._previous = words
        count = len(self._settled)
        # Punctuation after a settled word often changes with more audio; the word itself must be the same.
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
    return word.strip(" .,;:!?…。、！？").lower() or word
