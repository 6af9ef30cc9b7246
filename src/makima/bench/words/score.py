"""How many words of a text were misheard, or characters where no spaces are written between words."""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from makima.bench.word_errors import WordErrors, distance, word_errors
from makima.text.written.speak import spoken

if TYPE_CHECKING:
    from opencc import OpenCC

BY_CHARACTER: Final = frozenset({"Chinese", "Japanese", "Korean"})
"""Languages in which characters are counted: Korean is written with spaces, but not always in the same places."""


def errors(said: str, recognised: str, language: str) -> WordErrors:
    """The fewest changes that make one text of the other. Marks and case do not count; "25" is "twenty-five".

    Simplified and traditional Chinese characters count as the same, where the extra `bench` is installed.
    """
    said, recognised = _spelled(said, language), _spelled(recognised, language)
    if language not in BY_CHARACTER:
        return word_errors(said, recognised)
    return WordErrors(distance(_characters(said), _characters(recognised)), len(_characters(said)))


def measure_of(language: str) -> str:
    """What `errors` counts, as the table names it."""
    return "CER" if language in BY_CHARACTER else "WER"


def _spelled(text: str, language: str) -> str:
    # Recognisers write "25 €" and "twenty-five euros" by turns, and hyphens and "and" in numbers as they like.
    spelled = spoken(unicodedata.normalize("NFKC", text), language).replace("-", " ")
    if language == "English":
        spelled = spelled.replace(" and ", " ")
    # Recognisers write either characters for the same words.
    if language == "Chinese" and find_spec("opencc") is not None:
        spelled = _simplifier().convert(spelled)
    return spelled


@cache
def _simplifier() -> OpenCC:
    from opencc import OpenCC

    return OpenCC("t2s")


def _characters(text: str) -> list[str]:
    return [character for character in text.lower() if character.isalnum()]
