"""Word errors."""

from __future__ import annotations

import pytest

from makima.bench.word_errors import WordErrors, word_errors


@pytest.mark.parametrize(
    ("spoken", "recognised", "errors"),
    [
        ("Would you like tea?", "would you like tea", 0),
        ("Would you like tea?", "wood you like tea", 1),
        ("Would you like tea?", "would you like some tea", 1),
        ("Would you like tea?", "you like", 2),
        ("Would you like tea?", "", 4),
        ("It's nine o’clock.", "it's nine o'clock", 0),
        ("one two three", "three one two", 2),
    ],
)
def test_errors_are_the_fewest_changes(spoken: str, recognised: str, errors: int) -> None:
    assert word_errors(spoken, recognised).errors == errors


def test_the_rate_is_over_all_words() -> None:
    assert (WordErrors(1, 4) + WordErrors(2, 8)).rate == 0.25
    assert WordErrors(0, 0).rate == 0.0
