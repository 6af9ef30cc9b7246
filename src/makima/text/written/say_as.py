"""What SSML's `say-as` asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from makima.text.written.folding import folded
from makima.text.written.languages.chinese import telephone as chinese_telephone
from makima.text.written.speak import guarded, spoken
from makima.text.written.words import TIGHT, cardinal, digits, ordinal, plain

_NUMBER = re.compile(r"\d[\d ,.'’]*")


def said_as(text: str, interpret_as: str, language: str) -> str:
    """`text` as `interpret_as` says; as it is usually read where it does not fit."""
    read = _READERS.get(interpret_as)
    if read is not None:
        text = guarded("say-as", text, lambda given: read(folded(given), language))
    return spoken(text, language)


def _characters(text: str, language: str) -> str:
    gap = "、" if language == "Japanese" else "，" if language == "Chinese" else " "
    return gap.join(digits(ch, language) if ch.isdecimal() else ch.upper() for ch in text if not ch.isspace())


def _digits(text: str, language: str) -> str:
    gap = "" if language in TIGHT else " "
    return re.sub(r"\d+", lambda match: f"{gap}{digits(match[0], language)}{gap}", text).strip()


def _telephone(text: str, language: str) -> str:
    if language == "Chinese":
        return chinese_telephone(text)
    groups = re.findall(r"\d+", text)
    return ", ".join(digits(group, language) for group in groups) if groups else text


def _whole(text: str, language: str) -> int | None:
    match = _NUMBER.search(text)
    value = plain(match.group().strip(), language) if match else ""
    return int(value) if value.isdecimal() and len(value) <= 15 else None


def _cardinal(text: str, language: str) -> str:
    value = _whole(text, language)
    return text if value is None else cardinal(-value if text.strip().startswith("-") else value, language)


def _ordinal(text: str, language: str) -> str:
    value = _whole(text, language)
    return text if value is None or value > 10**6 else ordinal(value, language)


_READERS: Mapping[str, Callable[[str, str], str]] = {
    "characters": _characters,
    "spell-out": _characters,
    "digits": _digits,
    "telephone": _telephone,
    "cardinal": _cardinal,
    "number": _cardinal,
    "ordinal": _ordinal,
}
