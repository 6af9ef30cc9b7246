"""Languages by name, and by guess."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.text.language import AUTO, CODES, LANGUAGES, canonical, guess


@pytest.mark.parametrize("name", LANGUAGES)
def test_by_name_and_by_code_in_any_case(name: str) -> None:
    for spelling in (name, name.upper(), f" {name.lower()} ", CODES[name], CODES[name].upper(), f"{CODES[name]}-XX"):
        assert canonical(spelling) == name


def test_auto_and_the_unknown() -> None:
    assert canonical("auto") == AUTO
    assert canonical("") is None
    assert canonical("Klingon") is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The weather is nice and you know it.", "English"),
        ("Das Wetter ist schön und ich bin es auch.", "German"),
        ("Le temps est beau et je suis dans la rue.", "French"),
        ("O tempo não está mau para você.", "Portuguese"),
        ("El tiempo es bueno y no está mal.", "Spanish"),
        ("Il tempo è bello, ma non per me.", "Italian"),
        ("Сегодня хорошая погода.", "Russian"),
        ("今天天气很好。", "Chinese"),
        ("今日は天気がいいですね。", "Japanese"),
        ("오늘 날씨가 좋네요.", "Korean"),
        ("", "English"),
        ("123 456", "English"),
        ("Xyzzy plugh.", "English"),
    ],
)
def test_a_guess(text: str, language: str) -> None:
    assert guess(text) == language


@given(st.text())
def test_there_is_always_a_guess(text: str) -> None:
    assert guess(text) in LANGUAGES
