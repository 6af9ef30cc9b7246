"""Punctuation: the model reads a few marks as pauses and melody, the phonemizers would drop them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

KNOWN: Final = ';:,.!?—…"()“”'
"""The marks of Kokoro's alphabet."""

_OTHERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict(zip("。．，、；：！？", "..,,;:!?", strict=True)),
        **dict(zip("「『《〈【«「", "“" * 7, strict=True)),
        **dict(zip("」』》〉】»」", "”" * 7, strict=True)),
        "（": "(",
        "）": ")",
        "–": "—",
        "―": "—",
        "〜": "—",
        "～": "—",
        "‘": "",
        "’": "",
        "¿": "",
        "¡": "",
        "・": " ",
    }
)
_OPENING = re.compile(r"(?:^|(?<=[\s(“—]))([(“«¿¡‘]+)")
# A point inside a clause belongs to an abbreviation or a number: where sentences end has been decided before.
_CLOSING = re.compile(r"([;:,!?…)”»]+|\.(?=[')”’»]*\s*$))(?=[\s')”’».!?…,]|$)|(?<=\s)([—–-])(?=\s)")
_STRAIGHT = re.compile('"')
_WIDE = re.compile(f"([{re.escape(''.join(_OTHERS))}{re.escape(KNOWN)}]+)")


def between_marks(text: str, phonemes: Callable[[str], str], *, wide: bool = False) -> str:
    """`text` with what stands between its marks replaced by its `phonemes`.

    `wide` is for languages without spaces, where a mark is one wherever it stands.
    """
    said = ""
    for piece, is_mark in _split(_curled(text), wide):
        if is_mark:
            said = _with_marks(said, piece)
        elif any(character.isalnum() for character in piece):
            sounds = phonemes(piece.strip())
            said += sounds if not said or said.endswith((" ", "“", "(")) else f" {sounds}"
    return " ".join(said.split())


def _curled(text: str) -> str:
    """Straight quotation marks as opening and closing ones: one opens where a word follows and none stands before."""
    return _STRAIGHT.sub(lambda match: "“" if match.start() == 0 or text[match.start() - 1] in " (“" else "”", text)


def _with_marks(said: str, piece: str) -> str:
    for mark in piece:
        known = _OTHERS.get(mark, mark)
        if known not in KNOWN:
            said += known if known == " " and said else ""
        elif known in "“(—":
            said = f"{said.rstrip()} {known}" if said else known
        else:
            said = said.rstrip() + known
    return f"{said} " if said.endswith("—") else said


def _split(text: str, wide: bool) -> list[tuple[str, bool]]:
    if wide:
        return [(piece, bool(place % 2)) for place, piece in enumerate(_WIDE.split(text))]
    spans = sorted({match.span() for pattern in (_OPENING, _CLOSING) for match in pattern.finditer(text)})
    pieces, at = [], 0
    for start, end in spans:
        if start >= at:
            pieces += [(text[at:start], False), (text[start:end], True)]
            at = end
    return [*pieces, (text[at:], False)]
