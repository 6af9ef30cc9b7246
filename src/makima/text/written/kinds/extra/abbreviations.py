"""Shortened words whose points part them, so that no voice reads them as words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from makima.text.written.rule import Rule, rule

_FULL: dict[str, tuple[tuple[str, str], ...]] = {
    "German": (
        (r"z\. ?B\.", "zum Beispiel"),
        (r"d\. ?h\.", "das heißt"),
        (r"u\. ?a\.", "unter anderem"),
        (r"v\. ?Chr\.", "vor Christus"),
        (r"n\. ?Chr\.", "nach Christus"),
        (r"i\. ?d\. ?R\.", "in der Regel"),
        (r"o\. ?Ä\.", "oder Ähnliches"),
        (r"u\. ?U\.", "unter Umständen"),
        (r"s\. ?o\.", "siehe oben"),
        (r"s\. ?u\.", "siehe unten"),
    ),
    "French": ((r"p\. ?ex\.", "par exemple"), (r"c\.-à-d\.", "c'est-à-dire"), (r"ap\. J\.-C\.", "après Jésus-Christ")),
    "Spanish": (
        (r"p\. ?ej\.", "por ejemplo"),
        (r"a\. ?C\.", "antes de Cristo"),
        (r"d\. ?C\.", "después de Cristo"),
        (r"EE\. ?UU\.", "Estados Unidos"),
    ),
    "Italian": (
        (r"(?:p\. ?es|[Aa]d es|[Pp]er es)\.", "per esempio"),
        (r"a\. ?C\.", "avanti Cristo"),
        (r"d\. ?C\.", "dopo Cristo"),
        (r"P\.zza", "Piazza"),
        (r"V\.le", "Viale"),
        (r"C\.so", "Corso"),
        (r"Dott\.ssa", "dottoressa"),
    ),
    "Portuguese": (
        (r"p\. ?ex\.", "por exemplo"),
        (r"a\. ?C\.", "antes de Cristo"),
        (r"d\. ?C\.", "depois de Cristo"),
    ),
    "Russian": (
        (r"т\. ?е\.", "то есть"),
        (r"т\. ?к\.", "так как"),
        (r"т\. ?д\.", "так далее"),
        (r"т\. ?п\.", "тому подобное"),
        (r"до н\. ?э\.", "до нашей эры"),
        (r"н\. ?э\.", "нашей эры"),
        (r"[Вв] г\. (?=[А-ЯЁ])", "в городе "),
        (r"г\. (?=[А-ЯЁ])", "город "),
        (r"д\. (?=\d)", "дом "),
        (r"кв\. (?=\d)", "квартира "),
    ),
}
_FIRST = {
    language: re.compile(rf"(?<!\w)(?:{'|'.join(short for short, _ in pairs)})") for language, pairs in _FULL.items()
}


def are_in(text: str, language: str) -> bool:
    """Whether `text` holds one of them."""
    pattern = _FIRST.get(language)
    return pattern is not None and "." in text and pattern.search(text) is not None


def rules(language: str) -> Iterator[Rule]:
    """The rules of `language`."""
    for short, full in _FULL.get(language, ()):
        yield rule(
            "abbreviation", rf"(?<![\w.]){short}(?!\w)" if not full.endswith(" ") else rf"(?<![\w.]){short}", full
        )
