"""Loops of one phrase, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.stt.whisper.loops import COMPRESSION, collapsed, compression, repeats


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("no no no", "no no no"),
        ("ha ha ha ha ha ha ha ha", "ha ha ha ha ha ha ha ha"),
        ("you " * 9, "you"),
        ("i am going to " * 5 + "go", "i am going to go"),
        ("a b c a b c a b c", "a b c"),
        ("a b c d a b c d", "a b c d a b c d"),
        ("first " + "thank you very much " * 6, "first thank you very much"),
        ("x " * 10 + "and " + "y z w " * 4, "x and y z w"),
    ],
)
def test_a_loop_becomes_one_phrase(said: str, kept: str) -> None:
    assert collapsed(said.split()) == kept.split()
    assert repeats(said.split()) == (said.split() != kept.split())


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("where is the next station " * 2 + "where is", "where is the next station"),
        ("first where is the next station " * 2 + "first", "first where is the next station"),
        ("where is the next station " * 3 + "where is", "where is the next station"),
        ("where is the next station " * 2, "where is the next station " * 2),
        ("where is the next station " * 2 + "then", "where is the next station " * 2 + "then"),
        ("no no no", "no no no"),
    ],
)
def test_a_loop_that_was_broken_off(said: str, kept: str) -> None:
    assert collapsed(said.split(), endless=True) == kept.split()


@given(st.lists(st.integers(0, 3), max_size=40))
def test_nothing_is_added_and_the_order_stays(tokens: list[int]) -> None:
    kept = collapsed(tokens)
    rest = iter(tokens)
    assert all(token in rest for token in kept)
    assert (kept == tokens) == (not repeats(tokens))


def test_repetitive_text_compresses_well() -> None:
    assert compression("The children are playing in the park behind the school.") < 1.5
    assert compression("Thank you for watching. " * 8) > COMPRESSION
    assert compression("") == 0
