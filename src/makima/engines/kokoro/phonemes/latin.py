"""espeak-ng's IPA in Kokoro's alphabet, for English and the Romance languages.

Source: the tables with which Kokoro's training texts were written, `espeak.py` of hexgrad/misaki
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

TIE: Final = "^"
"""Written by espeak-ng between the letters of one phoneme, so that an affricate is told from two consonants."""

_Rules: TypeAlias = tuple[tuple[str, str], ...]

_SYLLABIC, _NASAL = "\u0329", "\u0303"
_ENGLISH: Final[_Rules] = (
    *((f"ʔˌn{_SYLLABIC}", "ʔn"), (f"ʔn{_SYLLABIC}", "ʔn"), ("ə^l", "ᵊl")),
    *(("a^ɪ", "I"), ("a^ʊ", "W"), ("d^ʒ", "ʤ"), ("e^ɪ", "A"), ("t^ʃ", "ʧ"), ("ɔ^ɪ", "Y")),
    *(("ʲo", "jo"), ("ʲə", "jə"), ("ʲ", ""), ("ɚ", "əɹ"), ("r", "ɹ"), ("x", "k"), ("ç", "k")),
    *(("ɐ", "ə"), ("ɬ", "l"), (_NASAL, "")),
)
_AMERICAN: Final[_Rules] = (*(("o^ʊ", "O"), ("ɜːɹ", "ɜɹ"), ("ɜː", "ɜɹ"), ("ɪə", "iə"), ("ː", ""), ("ɾ", "T")),)
_BRITISH: Final[_Rules] = (("e^ə", "ɛː"), ("iə", "ɪə"), ("ə^ʊ", "Q"), ("ɾ", "T"))
_ROMANCE: Final[_Rules] = (
    *(("a^ɪ", "I"), ("a^ʊ", "W"), ("d^z", "ʣ"), ("d^ʒ", "ʤ"), ("e^ɪ", "A"), ("o^ʊ", "O")),
    *(("ə^ʊ", "Q"), ("s^s", "S"), ("t^s", "ʦ"), ("t^ʃ", "ʧ"), ("ɔ^ɪ", "Y")),
)
_RULES: Final[Mapping[str, _Rules]] = MappingProxyType(
    {
        "en-us": (*_ENGLISH, *_AMERICAN),
        "en-gb": (*_ENGLISH, *_BRITISH),
        **dict.fromkeys(("Spanish", "French", "Italian", "Portuguese"), _ROMANCE),
    }
)
DIALECTS: Final = tuple(_RULES)
"""What `kokoro_symbols` knows: languages, and the two kinds of English."""

_SYLLABIC_AFTER = re.compile(rf"(\S){_SYLLABIC}")
# Without a stress the pronoun is so short that it is not heard.
_PRONOUN = re.compile(r"(?<!\S)I(?!\S)")


def kokoro_symbols(ipa: str, dialect: str) -> str:
    """What espeak-ng says (with `TIE`) as Kokoro's symbols. `dialect` is one of `DIALECTS`."""
    for written, symbol in _RULES[dialect]:
        ipa = ipa.replace(written, symbol)
    ipa = _SYLLABIC_AFTER.sub(r"ᵊ\1", ipa).replace(TIE, "").replace("-", "")
    if dialect.startswith("en"):
        ipa = _PRONOUN.sub("ˌI", ipa.replace("e", "A"))
    return ipa
