"""Kana to Kokoro's symbols, mora by mora.

Source: the table with which Kokoro's training texts were written, `ja.py` of hexgrad/misaki 0.7
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

_VOWELS: Final = "aiɯeo"
_ROWS: Final = (
    *(("アイウエオ", ""), ("カキクケコ", "k"), ("ガギグゲゴ", "ɡ"), ("サシスセソ", "s"), ("ザジズゼゾ", "ʣ")),
    *(("タチツテト", "t"), ("ダヂヅデド", "d"), ("ナニヌネノ", "n"), ("ハヒフヘホ", "h"), ("バビブベボ", "b")),
    *(("パピプペポ", "p"), ("マミムメモ", "m"), ("ラリルレロ", "ɾ")),
)
_PALATAL: Final = dict(
    zip("キギシジチヂニヒビピミリ", ("kʲ", "ɡʲ", "ɕ", "ʥ", "ʨ", "ʥ", "ɲ", "ç", "bʲ", "pʲ", "mʲ", "ɾʲ"), strict=True)
)
_OWN: Final = {
    **dict(zip("スズツヅフヴ", ("sɨ", "zɨ", "ʦɨ", "zɨ", "ɸɯ", "vɯ"), strict=True)),
    **dict(zip("ヤユヨワヰヱヲ", ("ja", "jɯ", "jo", "βa", "i", "e", "o"), strict=True)),
}
_LOANS: Final = {
    **dict(
        zip(("ティ", "ディ", "トゥ", "ドゥ", "テュ", "デュ"), ("tʲi", "dʲi", "tɯ", "dɯ", "tʲɨ", "dʲɨ"), strict=True)
    ),
    **dict(zip(("イェ", "ウィ", "ウェ", "ウォ"), ("je", "βi", "βe", "βo"), strict=True)),
    **dict(zip(("フュ", "フョ", "ヴュ", "ヴョ"), ("ɸʲɨ", "ɸʲo", "bʲɨ", "bʲo"), strict=True)),
}
_SMALL: Final = "ァィゥェォャュョヮ"


def _table() -> dict[str, str]:
    table = {kana: f"{start}{vowel}" for row, start in _ROWS for kana, vowel in zip(row, _VOWELS, strict=True)}
    for kana, start in _PALATAL.items():
        table[kana] = f"{start}i"
        table |= {kana + small: start + vowel for small, vowel in zip("ャュェョ", "aɨeo", strict=True)}
    table |= _OWN
    for kana, start in {"ツ": "ʦ", "フ": "ɸ", "ヴ": "v", "ク": "kᵝ", "グ": "ɡᵝ"}.items():
        soft = "" if start.endswith("ᵝ") else "ʲ"
        table |= {
            kana + small: start + vowel for small, vowel in zip("ァィェォ", ("a", f"{soft}i", "e", "o"), strict=True)
        }
    table |= _LOANS
    return table | {small: table[kana] for small, kana in zip(_SMALL, "アイウエオヤユヨワ", strict=True)}


MORAE: Final[Mapping[str, str]] = MappingProxyType(_table())
"""Symbols by katakana, one or two of them."""

_LONG, _DOUBLE, _NASAL = "ー", "ッ", "ン"
_UNIT = re.compile(f".[{_SMALL}]?")
# How the nasal sounds is decided by what follows.
_NASAL_BEFORE: Final = (("mpb", "m"), ("kɡ", "ŋ"), ("ɲʨʥ", "ɲ"), ("ntdɾz", "n"))


def katakana(text: str) -> str:
    """`text` with hiragana written as katakana."""
    return "".join(chr(ord(kana) + 0x60) if "ぁ" <= kana <= "ゖ" else kana for kana in text)


def kana_symbols(reading: str) -> str:
    """Kokoro's symbols for a reading in kana; what is no kana is left out."""
    morae = list(_morae(katakana(reading)))
    said = ""
    for place, mora in enumerate(morae):
        if mora == _NASAL:
            after = MORAE.get(morae[place + 1], "") if place + 1 < len(morae) else ""
            said += next((nasal for starts, nasal in _NASAL_BEFORE if after and after[0] in starts), "ɴ")
        else:
            said += {_LONG: "ː", _DOUBLE: "ʔ"}.get(mora) or MORAE.get(mora, "")
    return said


def _morae(reading: str) -> Iterator[str]:
    for unit in _UNIT.findall(reading):
        if unit in MORAE:
            yield unit
        else:
            yield from unit
