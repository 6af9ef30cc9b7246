"""Japanese: readings from Sudachi's dictionary, as they are pronounced."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from makima import installation
from makima.engines.kokoro.phonemes.kana import kana_symbols, katakana
from makima.errors import AssetError
from makima.text.written_words import Span

_PARTICLES: Final = {"は": "ワ", "へ": "エ", "を": "オ"}
# Spelled with ウ, spoken as a longer vowel; a verb's ending ウ is a syllable of its own.
_LONG = re.compile(r"(?<=[オコゴソゾトドノホボポモヨロョウクグスズツヅヌフブプムユルュ])ウ")
_KANA = re.compile(r"[ァ-ヶー]+")
_VERB, _PARTICLE, _NUMBER = "動詞", "助詞", "数詞"
_LEANING: Final = frozenset((_PARTICLE, "助動詞", "接尾辞", "補助記号", "非自立可能"))
# Before a counter some numerals have another reading than alone; the dictionary reads each by itself.
_HOURS: Final = {"四": "ヨ", "七": "シチ", "九": "ク"}


class JapaneseReader:
    """Reads with the dictionary at `path`. From one thread at a time.

    Raises: AssetError where SudachiPy is not installed or the dictionary cannot be read
    """

    def __init__(self, path: Path) -> None:
        try:
            from sudachipy import dictionary
        except ImportError as exc:
            raise AssetError("sudachipy", "It is not installed.", mend=installation.run_install()) from exc
        try:
            self._tokenizer = dictionary.Dictionary(dict=str(path)).tokenizer()
        except Exception as exc:  # the library raises several kinds
            raise AssetError(str(path), f"The dictionary cannot be read: {exc}.") from exc

    def symbols(self, text: str) -> str:
        """Kokoro's symbols for a text without punctuation, words apart."""
        words = list(self._tokenizer.tokenize(text))
        readings = [
            pronounced(word, words[place + 1] if place + 1 < len(words) else None) for place, word in enumerate(words)
        ]
        return " ".join(said for reading in readings if (said := kana_symbols(reading)))

    def words(self, text: str) -> list[Span]:
        """Where the words of the dictionary stand."""
        return [Span(word.begin(), word.end()) for word in self._tokenizer.tokenize(text)]

    def boundaries(self, text: str) -> list[int]:
        """Where a phrase begins: before each word that does not lean on the one before it."""
        return [word.begin() for word in self._tokenizer.tokenize(text) if word.begin() and not leans(word)]


def leans(word: Any) -> bool:
    """Whether a word belongs to the phrase of the one before it."""
    return not _LEANING.isdisjoint(word.part_of_speech()[:2])


def pronounced(word: Any, after: Any | None) -> str:
    """A word of Sudachi in katakana, as it is spoken before `after`."""
    kind: tuple[str, ...] = word.part_of_speech()
    surface: str = word.surface()
    if kind[0] == _PARTICLE and surface in _PARTICLES:
        return _PARTICLES[surface]
    if kind[1] == _NUMBER and after is not None and after.surface() == "時" and surface[-1] in _HOURS:
        return _lengthened(_before(word, surface), verb=False) + _HOURS[surface[-1]]
    reading: str = word.reading_form()
    if not _KANA.fullmatch(reading):
        reading = katakana(surface)
    return _lengthened(reading, verb=kind[0] == _VERB)


def _before(word: Any, surface: str) -> str:
    """The reading of a numeral without its last digit."""
    last = {"四": ("ヨン", "シ"), "七": ("ナナ", "シチ"), "九": ("キュウ", "ク")}[surface[-1]]
    reading: str = word.reading_form()
    return next((reading.removesuffix(ending) for ending in last if reading.endswith(ending)), "")


def _lengthened(reading: str, *, verb: bool) -> str:
    stem, ending = (reading[:-1], "ウ") if verb and reading.endswith("ウ") else (reading, "")
    return _LONG.sub("ー", stem) + ending
