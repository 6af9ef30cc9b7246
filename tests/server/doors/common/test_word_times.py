"""Estimated word times: order, completeness, and that they stay within the audio."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.engines.output import TimedSpan
from makima.server.doors.common.word_times import TimedWord, WordClock, WordTimes

TEXT = "Hello there. This is a short test of speech."


def _run(text: str, audio_s: float, cuts: int, step_s: float) -> list[TimedWord]:
    clock = WordClock()
    for at in range(0, len(text), cuts):
        clock.text(text[at : at + cuts])
    words: list[TimedWord] = []
    left_s = audio_s
    while left_s > 1e-9:
        words += clock.audio(min(step_s, left_s))
        left_s -= step_s
    return [*words, *clock.end()]


@given(
    words=st.lists(st.text("abcde.,!", min_size=1, max_size=12), min_size=1, max_size=30),
    audio_s=st.floats(0.0, 30.0),
    cuts=st.integers(1, 40),
    step_s=st.sampled_from((0.02, 0.08, 1.0)),
)
def test_every_word_once_in_order(words: list[str], audio_s: float, cuts: int, step_s: float) -> None:
    timed = _run(" ".join(words), audio_s, cuts, step_s)
    assert [word.text for word in timed] == [word for word in words if any(map(str.isalpha, word))]
    for word, after in itertools.pairwise(timed):
        assert 0 <= word.start_s <= word.end_s <= after.start_s + 0.002


@pytest.mark.parametrize("audio_s", [2.0, 3.0, 5.0])
def test_words_begin_within_the_audio(audio_s: float) -> None:
    """To within the word that was being spoken when the audio turned out to be over."""
    assert all(word.start_s <= audio_s + 0.5 for word in _run(TEXT, audio_s, 5, 0.1))


def test_a_word_comes_with_its_audio_and_not_before_it_is_whole() -> None:
    clock = WordClock()
    clock.text("Hello the")
    assert [word.text for word in clock.audio(5.0)] == ["Hello"]
    clock.text("re. ")
    assert [word.text for word in clock.audio(0.1)] == ["there."]


def test_words_wait_for_their_audio() -> None:
    clock = WordClock()
    clock.text(TEXT + " ")
    assert clock.audio(0.0) == []
    assert [word.text for word in clock.audio(0.1)] == ["Hello"]


def test_characters_come_before_there_is_a_space() -> None:
    clock = WordClock()
    clock.text("你好。我")
    assert [word.text for word in clock.audio(5.0)] == ["你", "好。"]


@pytest.mark.parametrize("cuts", [1, 3, 100])
def test_tags_are_no_words(cuts: int) -> None:
    timed = _run('One <break time="1s"/> two [pause:2s] three.', 3.0, cuts, 0.1)
    assert [word.text for word in timed] == ["One", "two", "three."]


def test_exact_times_are_the_engines() -> None:
    times = WordTimes(exact=True)
    times.text("It costs ")
    assert times.audio(1.0, [TimedSpan(0, 2, 0.1, 0.25)]) == [TimedWord("It", 0.1, 0.25)]
    times.text("$5.")
    assert times.audio(1.0, [TimedSpan(3, 8, 0.3, 0.5), TimedSpan(9, 12, 0.6, 1.0)]) == [
        TimedWord("costs", 0.3, 0.5),
        TimedWord("$5.", 0.6, 1.0),
    ]
    assert times.audio(1.0, []) == times.end() == []


def test_scripts_without_spaces_are_timed_by_the_character() -> None:
    assert [word.text for word in _run("你好。 abc", 2.0, 3, 0.5)] == ["你", "好。", "abc"]
