"""Which words are settled, from scripted guesses."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from makima.stt.listening.partials import AgreedPrefix


def settled(*guesses: str) -> list[str]:
    """What is settled after each guess."""
    agreed = AgreedPrefix()
    said: list[str] = []
    for guess in guesses:
        grew = agreed.push(guess)
        assert grew == (agreed.text != (said[-1] if said else ""))
        said.append(agreed.text)
    return said


def test_a_word_is_settled_once_two_guesses_agree() -> None:
    guesses = ["the", "the cat", "the cat sat", "the cat sat on"]
    assert settled(*guesses) == ["", "the", "the cat", "the cat sat"]


def test_words_after_a_difference_wait() -> None:
    assert settled("the cat sat", "the hat sat", "the hat sat") == ["", "the", "the hat sat"]


def test_what_is_settled_stays() -> None:
    assert settled("a b", "a b", "x y z", "x y z") == ["", "a b", "a b", "a b"]


def test_a_mark_that_changes_behind_a_settled_word_holds_nothing_up() -> None:
    assert settled("Hello there.", "Hello there.", "Hello there, you", "Hello there, you") == [
        "",
        "Hello there.",
        "Hello there.",
        "Hello there. you",
    ]


def test_a_shorter_guess_takes_nothing_back() -> None:
    assert settled("a b c", "a b c", "a", "a b c d", "a b c d") == ["", "a b c", "a b c", "a b c", "a b c d"]


def test_where_no_spaces_are_written_each_character_is_settled() -> None:
    assert settled("今日は", "今日はいい", "今日は良い天気", "今日は良い天気です。") == [
        "",
        "今日は",
        "今日は",
        "今日は良い天気",
    ]


@given(st.lists(st.lists(st.sampled_from(["a", "b", "c."]), max_size=6).map(" ".join), max_size=12))
def test_each_text_begins_with_the_one_before(guesses: list[str]) -> None:
    texts = settled(*guesses)
    for before, after in pairwise(texts):
        assert after.split()[: len(before.split())] == before.split()
