"""Numbers with the units of `unit_names`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from makima.text.written.kinds.counting import counted, is_one
from makima.text.written.kinds.names.unit_names import NAMES
from makima.text.written.languages.measures import alternatives, forms
from makima.text.written.languages.russian import form, number
from makima.text.written.rule import Rule, rule
from makima.text.written.words import TIGHT, plain

_POINTED = r"(?<![\w.,/:])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_EASTERN = r"(?<![A-Za-z\d.,/:])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_COMMA = r"(?<![\w.,/:])-?(?:\d{1,3}(?:[. ]\d{3})+|\d+)(?:,\d+)?"
_AFTER = r"(?![^\W\d_]|[/²³\d·]|['’.]\w)"
_AFTER_TIGHT = r"(?![A-Za-z/²³\d])"
# Letters that also name a thing: `5 A` is a class or a size as often as amperes.
_TOUCHING_OR_NOT = frozenset(("A", "В", "А"))


def rules(language: str) -> tuple[Rule, ...]:
    """The rules of `language`, in the order in which they are applied."""
    return tuple(_all(language))


def _all(language: str) -> Iterator[Rule]:
    names = NAMES[language]
    pointed = language in ("English", "Chinese", "Japanese", "Korean")
    eastern = language in TIGHT or language == "Korean"
    written = _EASTERN if eastern else _POINTED if pointed else _COMMA

    def speak(match: re.Match[str]) -> str:
        written, unit = match[1], match[2]
        gender, called = forms(names[unit])
        if language == "Russian":
            value = plain(written, language).lstrip("-")
            return f"{number(written, gender)} {called[1] if '.' in value else form(int(value), called)}"
        name = called[0] if is_one(written, language) else called[-1]
        return f"{counted(written, language, gender)}{'' if language in TIGHT else ' '}{name}"

    yield rule("measure", rf"({written}) ?({alternatives(list(names))}){_AFTER_TIGHT if eastern else _AFTER}", speak)
