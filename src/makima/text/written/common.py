"""Rules of all languages: what no grammar reads, and what is left when all rules have been."""

from __future__ import annotations

import re
from collections.abc import Callable

from makima.text.written.words import MAX_DIGITS, TIGHT, cardinal, digits

_LONG = re.compile(rf"\d{{{MAX_DIGITS + 1},}}")
_ENDING = r"(?:\.?[ºª°](?!C)|(?:st|nd|rd|th|ers?|ères?|res?|i?èmes?|es?)(?!\w)|-[а-я]{1,3}(?!\w))"
_DIGITS = re.compile(r"\d+")
_ALONE = re.compile(r"(?<![\w.,:/-])[1-9]\d{0,8}(?![\w:/-]|[.,]\d)")
_MARKS = tuple(".,;:!?)]”»")
_OPENERS = tuple("([“«")
_SPACES = re.compile(r"  +")


def long_numbers(text: str, language: str) -> str:
    """Runs of more than 15 digits, digit by digit: such a number is an identifier, whatever sign stands behind it."""
    if not _LONG.search(text):
        return text
    text = re.sub(rf"({_LONG.pattern}){_ENDING}", r"\1", text)
    return _LONG.sub(_apart(language), text)


def whole_numbers(text: str, language: str) -> str:
    """Numbers by themselves that no grammar has read."""
    if not _DIGITS.search(text):
        return text
    return _ALONE.sub(lambda match: cardinal(int(match[0]), language), text)


def left_digits(text: str, language: str) -> str:
    """Digits that nothing has read, one by one: no digit reaches an engine."""
    if not _DIGITS.search(text):
        return text
    return _SPACES.sub(" ", _DIGITS.sub(_apart(language), text)).strip()


def _apart(language: str) -> Callable[[re.Match[str]], str]:
    gap = "" if language in TIGHT else " "

    def speak(match: re.Match[str]) -> str:
        ascii_digits = "".join(str(int(digit)) for digit in match.group())
        before = "" if match.string[match.start() - 1 : match.start()] in _OPENERS else gap
        after = "" if match.string[match.end() : match.end() + 1] in _MARKS else gap
        return f"{before}{digits(ascii_digits, language)}{after}"

    return speak
