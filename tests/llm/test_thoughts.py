"""What a model writes to itself is not said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.llm.thoughts import ThoughtFilter

CASES = {
    "Hello.": "Hello.",
    "<think>Who is this?</think>Hello.": "Hello.",
    "A <think>b</think> c <think>d</think>e": "A  c e",
    "1 < 2, <thin air> and <think": "1 < 2, <thin air> and <think",
    "<think>It never ends": "",
    "<think>It breaks off in </thi": "",
    "<<think>x</think>": "<",
}


@given(st.sampled_from(list(CASES)), st.lists(st.integers(0, 40)))
def test_in_any_pieces(text: str, cuts: list[int]) -> None:
    thoughts, said, at = ThoughtFilter(), "", 0
    for cut in [*sorted(min(cut, len(text)) for cut in cuts), len(text)]:
        said += thoughts.feed(text[at:cut])
        at = cut
    assert said + thoughts.flush() == CASES[text]


@pytest.mark.parametrize("piece", ["Hello", "1 < 2"])
def test_nothing_is_held_that_can_be_no_mark(piece: str) -> None:
    assert ThoughtFilter().feed(piece) == piece
