"""When each word of an utterance was said, for recognisers that do not tell: by its length, within the utterance."""

from __future__ import annotations

from collections.abc import Sequence

from makima.stt.protocol import Final, HeardWord


def word_times(utterance: Final) -> Sequence[HeardWord]:
    """The words of `utterance` with their times, as the recogniser gave them, or else estimated."""
    return utterance.words or estimated_words(utterance)


def estimated_words(utterance: Final) -> list[HeardWord]:
    """The words of `utterance`, in order, each at least a millisecond long and none after its end."""
    words = utterance.text.split()
    total = sum(len(word) + 1 for word in words)
    length_ms = utterance.end_ms - utterance.start_ms
    found: list[HeardWord] = []
    before = 0
    for word in words:
        after = before + len(word) + 1
        start_ms = utterance.start_ms + length_ms * before // total
        end_ms = max(start_ms + 1, utterance.start_ms + length_ms * after // total)
        found.append(HeardWord(word, start_ms, end_ms))
        before = after
    return found
