"""Pinyin syllables to Kokoro's symbols.

Source: the table with which Kokoro's training texts were written, `transcription.py` of hexgrad/misaki, after
Duanmu, The Phonology of Standard Chinese, and Lin, The Sounds of Chinese
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final


def _table(rows: str) -> Mapping[str, str]:
    return MappingProxyType(dict(row.split("=") for row in rows.split()))


_INITIALS: Final = _table(
    "b=p p=pʰ m=m f=f d=t t=tʰ n=n l=l g=k k=kʰ h=x j=ʨ q=ʨʰ x=ɕ zh=ꭧ ch=ꭧʰ sh=ʂ r=ɻ z=ʦ c=ʦʰ s=s "
)
# The tone stands behind the vowel, before a nasal that ends the syllable: at the asterisk.
_FINALS: Final = _table(
    "a=a* ai=ai* an=a*n ang=a*ŋ ao=au* e=ɤ* ei=ei* en=ə*n "
    "eng=ə*ŋ er=ɚ* o=wo* ong=ʊ*ŋ ou=ou* ê=ɛ* "
    "i=i* ia=ja* ian=jɛ*n iang=ja*ŋ iao=jau* ie=je* in=i*n "
    "ing=i*ŋ io=jɔ* iong=jʊ*ŋ iou=jou* iu=jou* "
    "u=u* ua=wa* uai=wai* uan=wa*n uang=wa*ŋ uei=wei* ui=wei* "
    "uen=wə*n un=wə*n ueng=wə*ŋ uo=wo* "
    "v=y* ve=ɥe* van=ɥɛ*n vn=y*n "
)
_TONES: Final = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""}
_BUZZED: Final = frozenset(("zh", "ch", "sh", "r", "z", "c", "s"))
"""After these `i` is no vowel but the consonant held on."""


def syllable_symbols(initial: str, final: str) -> str:
    """Kokoro's symbols for a syllable: its initial, and its final with `v` for `ü` and the tone's number at the end.

    An empty text where there is no such syllable.
    """
    tone, rhyme = (final[-1], final[:-1]) if final[-1:] in _TONES else ("5", final)
    if rhyme == "i" and initial in _BUZZED:
        vowel: str | None = "ɨ*"
    else:
        vowel = _FINALS.get(rhyme)
    if vowel is None or (initial and initial not in _INITIALS):
        return ""
    return _INITIALS.get(initial, "") + vowel.replace("*", _TONES[tone])
