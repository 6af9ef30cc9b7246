"""Where the words of a sentence stand in the text of its utterance."""

from __future__ import annotations

import re
from collections.abc import Iterable

from makima.engines.espeak.worker_process import Word
from makima.events import SpokenWord
from makima.text.speakable import without_emoji

_RUN = re.compile(r"\s+|\S+")


class SentenceWords:
    """One sentence: `spoken` is what the synthesizer reads of it, and `times` places its words in the utterance.

    `text` is the sentence as it was written, `text_start` its first character's place in the utterance.
    """

    def __init__(self, text: str, text_start: int) -> None:
        spoken: list[str] = []
        places: list[int] = []  # of each character that is spoken, in the utterance
        for run in _RUN.finditer(text):
            kept = without_emoji(run.group())
            spoken.append(kept)
            last = len(run.group()) - 1
            # Emoji become spaces and lose their joiners, so that a run may be shorter than it was written.
            places.extend(text_start + run.start() + min(index, last) for index in range(len(kept)))
        self.spoken = "".join(spoken)
        self._places = places
        self._read_to = 0

    def times(self, words: Iterable[Word], start_sample: int) -> tuple[SpokenWord, ...]:
        """These words, with `start_sample` as the sentence's first sample in the utterance.

        A number is several words to espeak-ng ("twenty", "one"), which overlap in the text; it is reported once.
        """
        found: list[SpokenWord] = []
        for word in words:
            end = min(word.text_start + word.text_length, len(self._places))
            if word.text_start < self._read_to or end <= word.text_start:
                continue
            self._read_to = end
            first, last = self._places[word.text_start], self._places[end - 1]
            found.append(SpokenWord(first, last + 1 - first, start_sample + word.start_sample))
        return tuple(found)
