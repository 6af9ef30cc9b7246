"""`makima.text.normalize`: each kind by itself, each behind its switch, in the languages that write it differently."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.text.language import AUTO, LANGUAGES
from makima.text.normalize import Kind, normalize


@pytest.mark.parametrize(
    ("kind", "language", "written", "spoken"),
    [
        (Kind.MARKUP, "English", "**Bold**, `code` and [a page](http://x.org/y).", "Bold, code and a page."),
        (Kind.MARKUP, "English", "# Title\n- first\n2 * 3 * 4", "Title\nfirst\n2 * 3 * 4"),
        (Kind.ADDRESSES, "English", "See https://www.example.com/a_b.", "See example dot com a b."),
        (Kind.ADDRESSES, "German", "Post an me@foo.org", "Post an me at foo Punkt org"),
        (Kind.CURRENCY, "English", "$1,234.50", "one thousand, two hundred and thirty-four point five dollars"),
        (Kind.CURRENCY, "German", "1.234,50 €", "eintausendzweihundertvierunddreißig Komma fünf Euro"),
        (Kind.CURRENCY, "English", "$1", "one dollar"),
        (Kind.PERCENT, "Chinese", "涨了50%", "涨了百分之五十"),
        (Kind.PERCENT, "Spanish", "un 5 %", "un cinco por ciento"),
        (Kind.UNITS, "English", "at 5 km/h for 1 km", "at five kilometers per hour for one kilometer"),
        (Kind.UNITS, "Italian", "20 °C", "venti gradi Celsius"),
        (Kind.TIMES, "English", "9:05, 9:00, 14:30", "nine oh five, nine o'clock, fourteen thirty"),
        (Kind.TIMES, "German", "um 14:05 Uhr", "um vierzehn Uhr fünf"),
        (Kind.TIMES, "Japanese", "14:05に", "十四時五分に"),
        (Kind.ORDINALS, "English", "the 3rd of 21st", "the third of twenty-first"),
        (Kind.ORDINALS, "French", "le 1er mai", "le premier mai"),
        (Kind.NUMBERS, "Chinese", "去了1次", "去了一次"),
        (Kind.NUMBERS, "French", "12 345", "douze mille trois cent quarante-cinq"),
        (Kind.NUMBERS, "English", "agent 007 and GPT4", "agent zero zero seven and GPT four"),
    ],
)  # fmt: skip
def test_each_kind(kind: Kind, language: str, written: str, spoken: str) -> None:
    assert normalize(written, language, {kind}).strip() == spoken


@pytest.mark.parametrize("kind", list(Kind))
def test_a_switch_that_is_off_leaves_the_text_alone(kind: Kind) -> None:
    text = "**b** www.a.com $5 50% 5 km 9:05 3rd 42"
    assert normalize(text, "English", ()) == text
    only_others = normalize(text, "English", set(Kind) - {kind, Kind.NUMBERS})
    assert only_others != normalize(text, "English", set(Kind) - {Kind.NUMBERS}) or kind is Kind.NUMBERS


@given(st.text(max_size=80), st.sampled_from([*LANGUAGES, AUTO]))
def test_any_text_comes_through_and_no_digit_is_left(text: str, language: str) -> None:
    spoken = normalize(text, language)
    assert not any(ch in "0123456789" for ch in spoken)
