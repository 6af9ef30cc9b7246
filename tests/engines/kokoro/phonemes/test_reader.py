"""Symbols for each language, by espeak-ng itself where it reads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from makima.engines.espeak import Phonemizer
from makima.engines.kokoro.phonemes.latin import TIE
from makima.engines.kokoro.phonemes.reader import PhonemeReader
from makima.models.kokoro.symbols import TOKENS
from tests.engines.test_contract import SENTENCES


@pytest.fixture(scope="module")
def reader() -> Iterator[PhonemeReader]:
    phonemizer = Phonemizer(tie=TIE)
    yield PhonemeReader(phonemizer, None)
    phonemizer.close()


@pytest.mark.parametrize(
    ("text", "language", "symbols"),
    [
        ("Hello, Dr. Smith!", "English", "həlˈO, dˈɑktəɹ smˈɪθ!"),
        ("I would.", "English", "ˌI wˈʊd."),
        ("¿Qué tal?", "Spanish", "kˈe tˈal?"),
        ("你好，Tom。", "Chinese", "ni↗xau↓, tˈɑm."),
    ],
)
def test_symbols(reader: PhonemeReader, text: str, language: str, symbols: str) -> None:
    assert reader.symbols(text, language) == symbols


def test_british_english_is_another(reader: PhonemeReader) -> None:
    text = "No, I cannot go."
    assert reader.symbols(text, "English", british=True) != reader.symbols(text, "English")


def test_all_its_languages_come_out_in_the_alphabet(reader: PhonemeReader) -> None:
    assert "Japanese" not in reader.languages, "there is no dictionary"
    for language in reader.languages:
        symbols = reader.symbols(SENTENCES[language], language)
        assert len(symbols) > 8
        assert set(symbols) <= set(TOKENS)


def test_phrases_begin_where_there_are_no_spaces(reader: PhonemeReader) -> None:
    assert reader.boundaries("我们去北京", "Chinese") == [2, 3]
    assert reader.boundaries("明日行きます", "Japanese") == []
    assert reader.boundaries("one two", "English") == []
