"""Picks the way from letters to symbols for each language."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from makima.engines.kokoro.phonemes import chinese
from makima.engines.kokoro.phonemes.chinese import boundaries, chinese_symbols
from makima.engines.kokoro.phonemes.japanese import JapaneseReader
from makima.engines.kokoro.phonemes.latin import DIALECTS, kokoro_symbols
from makima.engines.kokoro.phonemes.marks import between_marks
from makima.engines.kokoro.phonemes.word_places import PlacedWord, placed_words
from makima.models.kokoro.symbols import TOKENS
from makima.text.written_words import Span

CHINESE, JAPANESE, ENGLISH = "Chinese", "Japanese", "English"
LATIN = ("English", "French", "Portuguese", "Spanish", "Italian")

_LATIN_WORDS = re.compile(r"([A-Za-zÀ-ɏ][A-Za-zÀ-ɏ' -]*[A-Za-zÀ-ɏ]|[A-Za-zÀ-ɏ])")
_TOKEN = re.compile(r"\S+")


class Ipa(Protocol):
    """espeak-ng, as a phonemizer with a tie."""

    def phonemes(self, text: str, language: str) -> str: ...


class PhonemeReader:
    """Symbols for a piece of text. From any thread. `japanese` is the path of the dictionary, if there is one."""

    def __init__(self, ipa: Ipa, japanese: Path | None) -> None:
        self._ipa = ipa
        self._dictionary = japanese
        self._japanese: JapaneseReader | None = None
        self._lock = threading.Lock()

    @property
    def languages(self) -> tuple[str, ...]:
        """What is read here."""
        return (*LATIN, CHINESE, *((JAPANESE,) if self._dictionary is not None else ()))

    def symbols(self, text: str, language: str, *, british: bool = False) -> str:
        """Kokoro's symbols for a piece of text, its punctuation among them.

        Raises: SynthesisFailed where espeak-ng fails on it; AssetError where a dictionary is missing
        """
        if language == CHINESE:
            said = between_marks(text, lambda part: chinese_symbols(part, self._english(british)), wide=True)
        elif language == JAPANESE:
            said = between_marks(text, lambda part: self._mixed(part, british), wide=True)
        else:
            dialect = ("en-gb" if british else "en-us") if language == ENGLISH else language
            said = between_marks(text, lambda part: self._latin(part, dialect))
        return "".join(symbol for symbol in said if symbol in TOKENS)

    def words(self, text: str, symbols: str, language: str, *, british: bool = False) -> list[PlacedWord]:
        """The words of a piece of text, and where its `symbols` say each.

        Raises: as `symbols`
        """
        return placed_words(
            text, self._words(text, language), symbols, lambda word: self.symbols(word, language, british=british)
        )

    def _words(self, text: str, language: str) -> list[Span]:
        if language == CHINESE:
            spans = chinese.words(text)
        elif language == JAPANESE:
            with self._lock:
                spans = self._opened().words(text)
        else:
            spans = [Span(*match.span()) for match in _TOKEN.finditer(text)]
        return [span for span in spans if any(map(str.isalnum, text[span.start : span.end]))]

    def _english(self, british: bool) -> Callable[[str], str]:
        return lambda text: self._latin(text, "en-gb" if british else "en-us")

    def _latin(self, text: str, dialect: str) -> str:
        assert dialect in DIALECTS, dialect
        return kokoro_symbols(self._ipa.phonemes(text, dialect), dialect)

    def _mixed(self, text: str, british: bool) -> str:
        """Japanese with words in Latin letters, which are read as English."""
        english = self._english(british)
        pieces = [
            english(piece) if place % 2 else self._by_dictionary(piece)
            for place, piece in enumerate(_LATIN_WORDS.split(text))
            if piece.strip()
        ]
        return " ".join(piece for piece in pieces if piece)

    def boundaries(self, text: str, language: str) -> list[int]:
        """Where a phrase may begin, in Chinese and Japanese. Raises: AssetError where a dictionary is missing"""
        if language == CHINESE:
            return boundaries(text)
        if language == JAPANESE and self._dictionary is not None:
            with self._lock:
                return self._opened().boundaries(text)
        return []

    def _by_dictionary(self, text: str) -> str:
        with self._lock:
            return self._opened().symbols(text)

    def _opened(self) -> JapaneseReader:
        if self._japanese is None:
            assert self._dictionary is not None
            self._japanese = JapaneseReader(self._dictionary)
        return self._japanese
