"""From an engine's words to a user's, and what sound is held back meanwhile."""

from __future__ import annotations

import numpy as np
import pytest

from makima.engines.front_end.words import WrittenWords
from makima.events import Samples, SpokenWord
from makima.text.alignment import aligned

WRITTEN = "It costs $12 now."
SPOKEN = "It costs twelve dollars now."
RATE = 100
"""Samples a word lasts for here."""


def engine_words(spoken: str, shift: int = 0) -> list[SpokenWord]:
    """The words as an engine says them, one behind the other."""
    found, at = [], 0
    for number, word in enumerate(spoken.split()):
        place = spoken.index(word, at)
        at = place + len(word)
        start = shift + number * RATE
        found.append(SpokenWord(place, len(word), start, start + RATE - 10))
    return found


def prepared(written: str = WRITTEN, spoken: str = SPOKEN) -> WrittenWords:
    words = WrittenWords()
    ((found),) = aligned(written, [spoken])
    words.sentence(spoken + "\u2029", found)
    return words


def sound(count: int, start: int = 0) -> Samples:
    return np.arange(start, start + count, dtype=np.float32)


def test_words_that_are_said_in_several_are_told_as_one() -> None:
    samples, told = prepared().push(sound(500), 0, engine_words(SPOKEN))
    assert len(samples) == 500
    assert [(WRITTEN[w.text_start :][: w.text_length], w.start_sample, w.end_sample) for w in told] == [
        ("It", 0, 90),
        ("costs", 100, 190),
        ("$12", 200, 390),
        ("now.", 400, 490),
    ]


@pytest.mark.parametrize("size", [10, 90, 130, 250, 500])
def test_chunks_do_not_matter_and_words_come_before_their_sound(size: int) -> None:
    words, said = prepared(), engine_words(SPOKEN)
    out: list[Samples] = []
    told: list[SpokenWord] = []
    for start in range(0, 500, size):
        begin = [word for word in said if start <= word.start_sample < start + size]
        samples, found = words.push(sound(min(size, 500 - start), start), start, begin)
        assert all(word.start_sample >= sum(map(len, out)) for word in found)
        out.append(samples)
        told += found
    samples, found = words.flush()
    out.append(samples)
    assert np.concatenate(out).tolist() == sound(500).tolist()
    whole = prepared().push(sound(500), 0, said)[1]
    assert (*told, *found) == whole


def test_words_the_engine_says_nothing_of_are_told_all_the_same() -> None:
    words = prepared()
    said = engine_words(SPOKEN)
    _, told = words.push(sound(500), 0, [said[1]])
    _, rest = words.flush()
    told = (*told, *rest)
    assert [WRITTEN[w.text_start :][: w.text_length] for w in told] == WRITTEN.split()
    times = [time for word in told for time in (word.start_sample, word.end_sample or 0)]
    assert times == sorted(times)
    assert times[-1] <= 500


def test_one_word_of_the_engine_may_be_several() -> None:
    words = prepared("New York!", "New York!")
    _, told = words.push(sound(200), 0, [SpokenWord(0, 8, 10, 100)])
    assert [(w.text_start, w.start_sample, w.end_sample) for w in told] == [(0, 10, 43), (4, 43, 100)]


def test_a_second_sentence_counts_from_behind_the_first() -> None:
    words = prepared("One.", "One.")
    ((found),) = aligned("2", ["Two."], offset=5)
    words.sentence("Two.\u2029", found)
    _, told = words.push(sound(200), 0, [SpokenWord(0, 3, 0, 90), SpokenWord(5, 3, 100, 190)])
    assert [(w.text_start, w.start_sample) for w in told] == [(0, 0), (5, 100)]
