"""Numbers in words."""

from __future__ import annotations

import pytest

from makima.text.language import LANGUAGES
from makima.text.number_words import cardinal, digits, ordinal


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("0", "零"), ("10", "十"), ("15", "十五"), ("101", "一百零一"), ("110", "一百一十"), ("1001", "一千零一"),
        ("10015", "一万零一十五"), ("100000001", "一亿零一"), ("-3.14", "负三点一四"), ("20000", "二万"),
    ],
)  # fmt: skip
def test_chinese_numbers(number: str, words: str) -> None:
    assert cardinal(number, "Chinese") == words


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_counts(language: str) -> None:
    assert len({cardinal(str(n), language) for n in range(120)}) == 120
    assert ordinal(3, language) != cardinal("3", language)
    assert digits("12", language)
    assert cardinal("1" * 40, language)
