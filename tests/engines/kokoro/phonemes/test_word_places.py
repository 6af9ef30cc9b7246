"""Which symbols say which word."""

from __future__ import annotations

import pytest

from makima.engines.kokoro.phonemes.word_places import placed_words
from makima.text.written_words import written_words

WORDS = ("I", "am", "of", "the", "opinion", "that", "it", "quiet", "USA")
ALONE = dict(zip(WORDS, ("I", "æm", "ʌv", "ðə", "əpˈɪniən", "ðæt", "ɪt", "kwˈIət", "jˌuˌɛsˈA"), strict=True))


def places(text: str, symbols: str) -> list[tuple[str, str]]:
    found = placed_words(text, written_words(text), symbols, lambda word: ALONE[word.strip(".,")])
    return [(text[word.text.start : word.text.end], symbols[word.symbols.start : word.symbols.end]) for word in found]


@pytest.mark.parametrize(
    ("text", "symbols", "expected"),
    [
        ("it, that.", "ɪt, ðæt.", [("it,", "ɪt,"), ("that.", "ðæt.")]),
        ("of the opinion", "ʌvðɪ əpˈɪniən", [("of", "ʌv"), ("the", "ðɪ"), ("opinion", "əpˈɪniən")]),
        ("I am of the", "Iəm ʌvðɪ", [("I", "I"), ("am", "əm"), ("of", "ʌv"), ("the", "ðɪ")]),
        ("that it", "ðˌəTɪt", [("that", "ðˌəT"), ("it", "ɪt")]),
        ("the USA it", "ðə jˌu ˌɛs ˈA ɪt", [("the", "ðə"), ("USA", "jˌu ˌɛs ˈA"), ("it", "ɪt")]),
        ("quiet", "kwˈIət", [("quiet", "kwˈIət")]),
    ],
)
def test_places(text: str, symbols: str, expected: list[tuple[str, str]]) -> None:
    assert places(text, symbols) == expected


def test_no_symbols_say_no_word() -> None:
    assert places("it that", "") == []
    assert placed_words("", [], "ɪt", str) == []
