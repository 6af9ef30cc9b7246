"""Numbers in words, in the ten languages."""

from __future__ import annotations

from makima.text.language import CODES

_ZH_DIGITS = "零一二三四五六七八九"
_ZH_UNITS = ("", "十", "百", "千")
_ZH_GROUPS = ("", "万", "亿", "兆")
_ZH_MAX = 10**16

MAX_DIGITS = 15
"""Longer runs are identifiers rather than amounts, and are read digit by digit."""


def cardinal(number: str, language: str) -> str:
    """`number`, digits with at most one decimal point and a sign in front, in words."""
    whole = number.lstrip("-+").partition(".")[0]
    if len(whole) > MAX_DIGITS or (len(whole) > 1 and whole.startswith("0") and "." not in number):
        return digits(number, language)
    if language == "Chinese":
        return _zh(number)
    return _words(float(number) if "." in number else int(number), language, "cardinal")


def ordinal(number: int, language: str) -> str:
    """`number` as a place in an order."""
    if language == "Chinese":
        return "第" + _zh(str(number))
    return _words(number, language, "ordinal")


def digits(number: str, language: str) -> str:
    """Each digit of `number` by itself."""
    each = (cardinal(digit, language) for digit in number if digit.isdigit())
    return ("" if language in ("Chinese", "Japanese") else " ").join(each)


def _words(number: float, language: str, form: str) -> str:
    # Imported here, since it comes with the engines that read letters as they come, and the server starts without them.
    from num2words import num2words

    code = "pt_BR" if language == "Portuguese" else CODES[language]
    return str(num2words(number, lang=code, to=form))


def _zh(number: str) -> str:
    sign = "负" if number.startswith("-") else ""
    whole, _, fraction = number.lstrip("-+").partition(".")
    words = _zh_whole(int(whole))
    decimals = "点" + "".join(_ZH_DIGITS[int(digit)] for digit in fraction) if fraction else ""
    return sign + words + decimals


def _zh_whole(value: int) -> str:
    if value < 10:
        return _ZH_DIGITS[value]
    assert value < _ZH_MAX
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
