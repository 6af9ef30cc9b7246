"""Punctuation among phonemes."""

from __future__ import annotations

import pytest

from makima.engines.kokoro.phonemes.marks import between_marks


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hello", "<Hello>"),
        ("Hello!", "<Hello>!"),
        ("Well, no.", "<Well>, <no>."),
        ("Dr. Who is 3.5 years old.", "<Dr. Who is 3.5 years old>."),
        ('I said "No!" twice', "<I said> “<No>!” <twice>"),
        ("It's (not) so…", "<It's> (<not>) <so>…"),
        ("one — two", "<one> — <two>"),
        ("¿Qué tal?", "<Qué tal>?"),
        ("«Bien», dijo", "“<Bien>”, <dijo>"),
        ("real-time", "<real-time>"),
        ("What?!", "<What>?!"),
        ("", ""),
        ("...", "."),
    ],
)
def test_languages_with_spaces(text: str, said: str) -> None:
    assert between_marks(text, lambda part: f"<{part}>") == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("你好，世界。", "<你好>, <世界>."),
        ("「はい」と言う", "“<はい>” <と言う>"),
        ("ピーター・パン", "<ピーター> <パン>"),
        ("本当？！", "<本当>?!"),
    ],
)
def test_languages_without(text: str, said: str) -> None:
    assert between_marks(text, lambda part: f"<{part}>", wide=True) == said
