"""Texts in scripts that no engine here reads: what would be heard of them is noise, which is better said before."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from unicodedata import name

MOST_CHARACTERS: Final = 2000
"""That are looked at."""
_LEAST: Final = 0.3
"""Of the letters: a quoted word in another script is no reason to warn."""

_LANGUAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ARABIC": "Arabic",
        "HEBREW": "Hebrew",
        "DEVANAGARI": "Hindi",
        "BENGALI": "Bengali",
        "TAMIL": "Tamil",
        "TELUGU": "Telugu",
        "GUJARATI": "Gujarati",
        "GURMUKHI": "Punjabi",
        "KANNADA": "Kannada",
        "MALAYALAM": "Malayalam",
        "SINHALA": "Sinhala",
        "THAI": "Thai",
        "LAO": "Lao",
        "KHMER": "Khmer",
        "MYANMAR": "Burmese",
        "GEORGIAN": "Georgian",
        "ARMENIAN": "Armenian",
        "ETHIOPIC": "Amharic",
    }
)
"""By the first word of the names that Unicode gives a script's letters, a language that is written in it.

Greek is left out: its letters stand in formulas. `web/reading/unspoken.js` has the same scripts.
"""


def unspoken(text: str) -> str | None:
    """The language that `text` is in, where none of the engines speaks it; else None."""
    letters = [letter for letter in text[:MOST_CHARACTERS] if letter.isalpha()]
    scripts = [name(letter, "").partition(" ")[0] for letter in letters]
    for script, language in _LANGUAGES.items():
        if scripts.count(script) > _LEAST * len(letters):
            return language
    return None
