"""Which stretches of a sentence the grammar gets: what it could change, with the words that decide how it is read."""

from __future__ import annotations

import re

_SIGN = re.compile(r"[\d$€£¥₩₹₽¢₺₴₫₱₪฿₦%‰°@&+=²³½¼¾⅐-⅞№§ºªʳᵉˢᵐˡʰ×÷√±#/]")
_ADDRESS = re.compile(r"[A-Za-z0-9]\.[A-Za-z]{2}|www\.|\w\.(?:jpe?g|png|pdf|JPE?G|PNG|PDF)\b")
_TOKEN = re.compile(r"\S+")
_CLAUSE = re.compile(r"[^。！？；、\n]+|[。！？；、\n]+")
_BEFORE, _AFTER = 4, 4
MAX_WINDOW_CHARACTERS = 120

ABBREVIATIONS = {
    "English": r"\b(?i:chapter|part|act|scene|volume|section|book|phase|world war|type|appendix) [IVXLC]{1,7}\b|\b(?:Dr|Mr|Mrs|Ms|Prof|St|Jr|Sr)\.",
    "German": r"\b(?:Dr|Mr|Mrs|Ms|Nr|bzw|z\.B|z\. B|d\.h|usw|Prof)\.",
    "French": r"\b(?:Dr|Mme|Mlle|Mmes|Mlles|MM)\b\.?|\bM\. (?=[A-Z])",
    "Spanish": r"\b(?:[Dd]ra?s?|[Ss]ra?s?|[Ss]rtas?|[Dd]a|[Dd]|esq|pza|[Ee]e|[Uu]u|[Pp]rof|[Uu]ds?|c)\.|\b(?:siglo|año) [ivxlcdmIVXLCDM]+\b|\b[IVX]{2,5}\b",
    "Portuguese": r"\b(?:[Dd]ra?|[Ss]ra?|[Ss]rta|[Pp]rof|[Pp]rofa)\.",
    "Italian": r"\b(?:avv|dip|sig|dott|prof|p)\.(?:na|ra|za)?",
    "Russian": r"\b(?:г|ул|им|т\.д|т\.п|т\.е)\.",
}
_ABBREVIATED = {language: re.compile(pattern) for language, pattern in ABBREVIATIONS.items()}


def has_signs(text: str, start: int = 0, end: int | None = None) -> bool:
    """Whether a stretch of `text` holds what is read in another way than it is written: figures, signs, addresses."""
    end = len(text) if end is None else end
    if _SIGN.search(text, start, end):
        return True
    return text.find(".", start, end) >= 0 and _ADDRESS.search(text, start, end) is not None


def worth_reading(text: str, language: str) -> bool:
    """Whether the grammar could change anything in `text`."""
    if has_signs(text):
        return True
    pattern = _ABBREVIATED.get(language)
    return pattern is not None and pattern.search(text) is not None


def windows(text: str, language: str) -> list[tuple[int, int]]:
    """Start and end of each stretch that the grammar is to read."""
    if language in ("Chinese", "Japanese"):
        return [m.span() for m in _CLAUSE.finditer(text) if has_signs(m[0])]
    tokens = [match.span() for match in _TOKEN.finditer(text)]
    pattern = _ABBREVIATED.get(language)
    spans = [m.span() for m in pattern.finditer(text)] if pattern is not None else []
    flagged = [
        has_signs(text, start, end) or any(start < stop and begin < end for begin, stop in spans)
        for start, end in tokens
    ]
    ranges: list[list[int]] = []
    for index, wanted in enumerate(flagged):
        if not wanted:
            continue
        first, last = max(0, index - _BEFORE), min(len(tokens) - 1, index + _AFTER)
        open_range = ranges[-1] if ranges else None
        if (
            open_range
            and index - open_range[2] <= _BEFORE + _AFTER
            and tokens[index][1] - tokens[open_range[0]][0] <= MAX_WINDOW_CHARACTERS
        ):
            open_range[1], open_range[2] = last, index
        else:
            first = max(first, open_range[2] + 1) if open_range else first
            if open_range:
                open_range[1] = min(open_range[1], first - 1)
            ranges.append([first, last, index])
    return [(tokens[first][0], tokens[last][1]) for first, last, _ in ranges]
