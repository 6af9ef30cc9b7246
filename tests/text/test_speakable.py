"""Which texts have a sound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.errors import InvalidText
from makima.text.speakable import check_characters, check_utterance, is_speakable, without_emoji

SPEAKABLE = {
    "a letter": "a",
    "a digit": "7",
    "an Arabic digit": "٣",
    "a roman numeral": "Ⅻ",
    "Chinese": "好",
    "Japanese": "ー" + "あ",
    "Korean": "가",
    "Russian": "я",
    "a letter with a combining mark": "e\u0301",
    "a letter among emoji": "🎉 a 🎊",
    "a digit beside a keycap": "1️⃣ 2",
    "a digit with a text selector alone": "1\ufe0e",
}
SILENT = {
    "nothing": "",
    "spaces": " \t\n\u00a0\u3000",
    "an emoji": "🎉",
    "an emoji of several": "👩‍👩‍👧‍👦",
    "an emoji with a skin": "👍🏽",
    "a flag": "🇩🇪",
    "a flag of tags": "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "keycaps": "*️⃣#⃣",
    "a heart": "❤️",
    "punctuation": "?!... —「」",
    "a combining mark alone": "\u0301",
    "what has no width": "\u200b\u200d\ufeff",
    "a joiner and a selector": "\u200d\ufe0f",
    "arrows and boxes": "→ ■ ▶",
    "private use": "\ue000",
    "not assigned": "\U000e0fff",
}


@pytest.mark.parametrize("name", SPEAKABLE)
def test_it_has_a_sound(name: str) -> None:
    assert is_speakable(SPEAKABLE[name])
    assert check_utterance(f"  {SPEAKABLE[name]}\n") == SPEAKABLE[name].strip()


@pytest.mark.parametrize("name", SILENT)
def test_it_has_none(name: str) -> None:
    assert not is_speakable(SILENT[name])
    with pytest.raises(InvalidText):
        check_utterance(SILENT[name])


@pytest.mark.parametrize("text", ["a\x00", "\x1b[31m", "\x07", "\x7f", "a\x9bb", "\ud800", "x\udfff", "\ude00\ud83d"])
def test_characters_no_text_holds(text: str) -> None:
    with pytest.raises(InvalidText, match=r"U\+"):
        check_characters(text)
    with pytest.raises(InvalidText):
        check_utterance(f"Hello {text}")


def test_layout_is_text() -> None:
    check_characters("One\ttwo\r\nthree\fend\v.\x85")


def test_length_counts_after_trimming() -> None:
    assert check_utterance(" " * 500 + "a" * 1000 + " " * 500) == "a" * 1000
    assert len(check_utterance("好" * 1000)) == 1000
    with pytest.raises(InvalidText, match="1,001"):
        check_utterance("a" * 1001)
    assert check_utterance("a" * 1001, limit_characters=2000)


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Well done 🎉!", "Well done !"),
        ("👩‍👩‍👧 family", "family"),
        ("Press 1️⃣ now", "Press 1 now"),
        ("naïve café", "naïve café"),
        ("e\u0301", "e\u0301"),
        ("3 < 4 & 5 > 2 + €10", "3 < 4 & 5 > 2 + €10"),
    ],
)
def test_emoji_are_taken_out(text: str, spoken: str) -> None:
    assert without_emoji(text).split() == spoken.split()


@given(st.text())
def test_what_is_taken_out_never_makes_a_text_speak(text: str) -> None:
    assert is_speakable(without_emoji(text)) == is_speakable(text)
    assert without_emoji(without_emoji(text)).split() == without_emoji(text).split()
