"""Where the words of a sentence stand in the text of its utterance."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from makima.engines.espeak.worker_process import Word
from makima.events import Samples, SpokenWord
from makima.text.speakable import without_emoji

_RUN = re.compile(r"\s+|\S+")
_QUIET = 0.01
"""Of full scale: what is below it between two words is the pause between them."""


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

    def placed(self, word: SpokenWord, text_start: int, start_sample: int) -> SpokenWord:
        """A word of what is spoken, with its places in the utterance: its own count from these two."""
        first = self._places[text_start + word.text_start]
        last = self._places[text_start + word.text_start + word.text_length - 1]
        end_sample = None if word.end_sample is None else word.end_sample + start_sample
        return SpokenWord(first, last + 1 - first, word.start_sample + start_sample, end_sample)


class HeldWord:
    """Holds back the sound of a word until the next one begins, since espeak-ng does not say where words end."""

    def __init__(self) -> None:
        self._held: Samples = np.zeros(0, np.float32)
        self._start_sample = 0
        self._word: SpokenWord | None = None

    def push(
        self, samples: Samples, start_sample: int, words: Iterable[SpokenWord]
    ) -> tuple[Samples, tuple[SpokenWord, ...]]:
        """The sound up to the last word that has begun, and the words in it, with their ends."""
        if not len(self._held):
            self._start_sample = start_sample
        self._held = np.concatenate([self._held, samples])
        found = []
        for word in words:
            found += self._ended(word.start_sample)
            self._word = word
        until = len(self._held) if self._word is None else self._word.start_sample - self._start_sample
        return self._taken(until), tuple(found)

    def flush(self) -> tuple[Samples, tuple[SpokenWord, ...]]:
        """The rest, at the end of a sentence."""
        found = tuple(self._ended(self._start_sample + len(self._held)))
        return self._taken(len(self._held)), found

    def _ended(self, next_sample: int) -> list[SpokenWord]:
        word, self._word = self._word, None
        if word is None:
            return []
        sound = self._held[max(0, word.start_sample - self._start_sample) : max(0, next_sample - self._start_sample)]
        loud = np.flatnonzero(np.abs(sound) > _QUIET)
        end = word.start_sample + int(loud[-1]) + 1 if len(loud) else next_sample
        return [replace(word, end_sample=max(end, word.start_sample))]

    def _taken(self, count: int) -> Samples:
        count = min(max(0, count), len(self._held))
        taken, self._held = self._held[:count], self._held[count:]
        self._start_sample += count
        return taken
