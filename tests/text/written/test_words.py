"""Numbers in words."""

from __future__ import annotations

import pytest

from makima.text.language import LANGUAGES
from makima.text.written.words import cardinal, decimal, digits, ordinal, plain


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("0", "零"), ("10", "十"), ("15", "十五"), ("101", "一百零一"), ("110", "一百一十"), ("1001", "一千零一"),
        ("10015", "一万零一十五"), ("100000001", "一亿零一"), ("-3.14", "负三点一四"), ("20000", "二万"),
    ],
)  # fmt: skip
def test_chinese_numbers(number: str, words: str) -> None:
    assert decimal(number, "Chinese") == words


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_counts(language: str) -> None:
    assert len({cardinal(n, language) for n in range(120)}) == 120
    assert ordinal(3, language) != cardinal(3, language)
    assert digits("12", language)
    assert cardinal(int("1" * 40), language)


@pytest.mark.parametrize(
    ("written", "language", "number"),
    [
        ("1.234,50", "German", "1234.50"),
        ("1,234.50", "English", "1234.50"),
        ("1 234,5", "French", "1234.5"),
        ("1,5", "Spanish", "1.5"),
        ("−3", "Italian", "-3"),
    ],
)
def test_numbers_as_they_are_written(written: str, language: str, number: str) -> None:
    assert plain(written, language) == number


def test_every_decimal_is_said() -> None:
    assert decimal("3.10", "English") == "three point one zero"
    assert decimal("-0.5", "German") == "minus null Komma fünf"
