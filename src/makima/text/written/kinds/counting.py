"""A number before what it counts."""

from __future__ import annotations

import re

from makima.text.written.words import decimal, plain


def counted(written: str, language: str, gender: str = "m") -> str:
    """`written`, a number in the way of the language, as it stands before a noun of `gender`."""
    value = plain(written, language)
    words = decimal(value, language, gender=gender)
    if "." in value:
        return words
    if language == "German":
        one = "eine" if gender == "f" else "ein"
        return one if value.lstrip("-") == "1" else words
    if language == "Spanish" and gender != "f":
        return re.sub(r"veintiuno$", "veintiún", re.sub(r"\buno$", "un", words))
    if language == "Italian":
        return re.sub(r"^uno$", "una" if gender == "f" else "un", words)
    return words


def is_one(written: str, language: str) -> bool:
    """Whether what is counted stands in the singular; in French up to below two."""
    value = abs(float(plain(written, language) or "0"))
    return value < 2 if language == "French" else value == 1
