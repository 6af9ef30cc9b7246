"""Estimated times of heard words: order, completeness, bounds."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from makima.stt.protocol import Final, HeardWord
from makima.stt.word_estimates import estimated_words, word_times


@given(words=st.lists(st.text("abc", min_size=1, max_size=9), max_size=20), start=st.integers(0, 10_000))
def test_words_fill_the_utterance_in_order(words: list[str], start: int) -> None:
    found = estimated_words(Final(1, " ".join(words), start, start + 3_000))
    assert [word.text for word in found] == words
    for word, after in pairwise(found):
        assert word.start_ms < word.end_ms <= after.start_ms + 1
    if found:
        assert found[0].start_ms == start
        assert found[-1].end_ms == start + 3_000


def test_longer_words_take_longer() -> None:
    short, long = estimated_words(Final(1, "a extraordinarily", 0, 1_000))
    assert long.end_ms - long.start_ms > short.end_ms - short.start_ms


def test_times_that_are_known_are_not_estimated() -> None:
    known = (HeardWord("hello", 120, 480),)
    assert word_times(Final(1, "hello", 0, 1_000, None, known)) == known
    assert word_times(Final(1, "hello", 0, 1_000)) == [HeardWord("hello", 0, 1_000)]
