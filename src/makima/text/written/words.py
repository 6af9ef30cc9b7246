"""Numbers in words, for the rules that do not leave them to the grammar.

The words come from `num2words`, which knows cases and genders, save where it has no Chinese and where its wording is
not what is said.
"""

from __future__ import annotations

import functools
import re

from makima.text.language import CODES

MAX_DIGITS = 15
"""Longer runs are identifiers rather than amounts, and are read digit by digit."""

TIGHT = frozenset(("Chinese", "Japanese"))
"""Languages that write no space between words."""

_ZH_DIGITS = "零一二三四五六七八九"
_ZH_UNITS = ("", "十", "百", "千")
_ZH_GROUPS = ("", "万", "亿", "兆")
_POINTS = {
    "Chinese": "点",
    "English": "point",
    "Japanese": "点",
    "Korean": "점",
    "German": "Komma",
    "French": "virgule",
    "Russian": "запятая",
    "Portuguese": "vírgula",
    "Spanish": "coma",
    "Italian": "virgola",
}
_MINUS = {
    "Chinese": "负",
    "Japanese": "マイナス",
    "Korean": "마이너스",
    "French": "moins",
    "Russian": "минус",
    "Portuguese": "menos",
    "Spanish": "menos",
    "Italian": "meno",
}


@functools.lru_cache(maxsize=4096)
def cardinal(value: int, language: str, *, gender: str = "m", case: str = "n") -> str:
    """`value` as a number. `gender` m, f, n and `case` n, g, d, a, i, p count in the languages that have them."""
    if value < 0:
        return f"{minus(language)}{space(language)}{cardinal(-value, language, gender=gender, case=case)}"
    if len(str(value)) > MAX_DIGITS:
        return digits(str(value), language)
    if language == "Chinese":
        return _zh_whole(value)
    if language == "Russian":
        return _converted(value, language, "cardinal", gender=gender, case=case)
    words = _converted(value, language, "cardinal")
    if language == "English":
        return words.replace(",", "").replace(" and ", " ")
    words = words.replace(",", "")
    if language == "Spanish":
        words = re.sub(r"(veinti)uno(?= mil\b)", r"\1ún", words)
        words = re.sub(r"\buno(?= mil\b)", "un", words)
    return _feminine(words, language) if gender == "f" else words


@functools.lru_cache(maxsize=2048)
def ordinal(value: int, language: str, *, gender: str = "m", case: str = "n") -> str:
    """`value` as a place in an order."""
    if language == "Chinese":
        return "第" + _zh_whole(value)
    if language == "Russian":
        return _converted(value, language, "ordinal", gender=gender, case=case)
    words = _converted(value, language, "ordinal")
    if gender == "f" and language in ("Spanish", "Portuguese", "Italian"):
        return " ".join(re.sub("o$", "a", word) for word in words.split(" "))
    return words


def digits(number: str, language: str) -> str:
    """Each digit of `number` by itself."""
    each = (cardinal(int(digit), language) for digit in number if digit.isdecimal())
    return ("" if language in TIGHT else " ").join(each)


def decimal(number: str, language: str, *, gender: str = "m") -> str:
    """A number in plain form, `-1234.50`; every digit after the point is said, by itself."""
    sign = f"{minus(language)}{space(language)}" if number.startswith("-") else ""
    whole, _, fraction = number.lstrip("-").partition(".")
    if len(whole) > MAX_DIGITS:
        words = digits(whole, language)
    else:
        words = cardinal(int(whole or "0"), language, gender="m" if fraction else gender)
    if fraction:
        gap = space(language)
        words += f"{gap}{_POINTS[language]}{gap}{digits(fraction, language)}"
    return sign + words


def plain(number: str, language: str) -> str:
    """A number as it is written in `language` in the form that `decimal` takes: `1.234,5` in German is `1234.5`."""
    number = re.sub(r"[ \u00a0\u202f’']", "", number.replace("−", "-"))
    point, group = (".", ",") if language in _POINT_LANGUAGES else (",", ".")
    if re.fullmatch(rf"-?\d{{1,3}}(?:{re.escape(group)}\d{{3}})+(?:{re.escape(point)}\d+)?", number):
        number = number.replace(group, "")
    whole, *fraction = re.split(r"[.,]", number)
    return whole + ("." + "".join(fraction) if fraction else "")


_POINT_LANGUAGES = frozenset(("English", "Chinese", "Japanese", "Korean"))


def minus(language: str) -> str:
    return _MINUS.get(language, "minus")


def space(language: str) -> str:
    """What stands between two words."""
    return "" if language in TIGHT else " "


def _converted(value: int, language: str, form: str, **grammar: str) -> str:
    # Imported here, since plain text needs no numbers.
    from num2words import num2words

    return str(num2words(value, lang=CODES[language] if language != "Portuguese" else "pt_BR", to=form, **grammar))


def _feminine(words: str, language: str) -> str:
    if language == "French":
        return re.sub(r"\bun$", "une", words)
    if language == "Spanish":
        return re.sub(r"ún$|uno$", "una", words.replace("cientos", "cientas").replace("quinientos", "quinientas"))
    if language == "Portuguese":
        words = re.sub(r"\bum(?=$| mil\b)", "uma", words)
        return re.sub(r"\bdois(?=$| mil\b)", "duas", re.sub(r"(?<=[czh]ent)os\b", "as", words))
    if language == "Italian":
        return re.sub(r"\buno$", "una", words)
    return words


def _zh_whole(value: int) -> str:
    if value < 10:
        return _ZH_DIGITS[value]
    words, gap = "", False
    for index in range(len(_ZH_GROUPS) - 1, -1, -1):
        group = value // 10_000**index % 10_000
        if not group:
            gap = bool(words)
            continue
        zero = _ZH_DIGITS[0] if words and (gap or group < 1000) else ""
        words += zero + _zh_group(group) + _ZH_GROUPS[index]
        gap = False
    return words.removeprefix("一") if words.startswith("一十") else words


def _zh_group(group: int) -> str:
    words, gap = "", False
    for place in range(3, -1, -1):
        digit = group // 10**place % 10
        if not digit:
            gap = bool(words)
            continue
        words += (_ZH_DIGITS[0] if gap else "") + _ZH_DIGITS[digit] + _ZH_UNITS[place]
        gap = False
    return words
