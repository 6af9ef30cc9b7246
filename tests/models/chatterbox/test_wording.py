"""How texts are written for the model."""

from __future__ import annotations

import pytest

from makima.models.chatterbox.wording import worded


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("hello there", "Hello there."),
        ("Is it?", "Is it?"),
        ("  two\n words ", "Two words."),
        ("“Quoted” – it’s: so…", '"Quoted" - it\'s, so,'),
        ("well , then", "Well, then."),
        ("[laugh] ha", "[laugh] ha."),
        ("éclair", "Éclair."),
    ],
)
def test_wording(text: str, read: str) -> None:
    assert worded(text) == read
