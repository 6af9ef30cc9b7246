"""What is read before the rules of a language: in each language the same kinds, in its own words."""

from __future__ import annotations

import functools
import re

from makima.text.written.kinds import calendar, devices, formulas, identifiers, intervals, mathematics, measures, money
from makima.text.written.kinds.extra import abbreviations, english, everyday, german, prices, roman, russian
from makima.text.written.kinds.extra.eastern import chinese, japanese, korean
from makima.text.written.kinds.extra.romance import french, italian, portuguese, spanish
from makima.text.written.rule import Rule

_SIGNS = re.compile(rf"[\d¼-¾⅐-⅞<>≤≥≠≈∞=&#←-⇿⟵-⟿⁰-ⁿ₀-₉²³√×÷±+{formulas.SIGNS}]|[A-Z]:\\")
_ADDRESS = re.compile(r"\S{0,200}(?:://|\bwww\.|\w@\w)\S{0,2000}")
# A sign that markup has taken out of every text before.
_HIDDEN = "\ue000"


_EXTRA = {
    "English": english.RULES,
    "German": german.GERMAN,
    "French": french.RULES,
    "Spanish": spanish.RULES,
    "Italian": italian.RULES,
    "Portuguese": portuguese.RULES,
    "Russian": russian.RULES,
    "Chinese": chinese.RULES,
    "Japanese": japanese.RULES,
    "Korean": korean.RULES,
}
_ROMAN = re.compile(r"\b[IVX]{1,6}(?:e|er|ème|\.)?\b")


@functools.cache
def rules_before(language: str) -> tuple[Rule, ...]:
    """The rules of all kinds in `language`, in the order in which they are applied."""
    return (
        *abbreviations.rules(language),
        *everyday.rules(language),
        *devices.rules(language),
        *formulas.rules(language),
        *calendar.rules(language),
        *roman.rules(language),
        *prices.rules(language),
        *_EXTRA.get(language, ()),
        *intervals.rules(language),
        *money.rules(language),
        *mathematics.rules(language),
        *measures.rules(language),
        *identifiers.rules(language),
    )


def worth_reading(text: str, language: str) -> bool:
    """Whether a rule of any kind could change `text`."""
    if _SIGNS.search(text) or abbreviations.are_in(text, language):
        return True
    return _ROMAN.search(text) is not None


def hidden(text: str) -> tuple[str, list[str]]:
    """`text` with its addresses out of the way of rules, and the addresses."""
    if "@" not in text and "www." not in text and "://" not in text:
        return text, []
    found = _ADDRESS.findall(text)
    return _ADDRESS.sub(_HIDDEN, text), found


def shown(text: str, addresses: list[str]) -> str:
    """`text` with its addresses back in their places."""
    left = iter(addresses)
    return re.sub(_HIDDEN, lambda _: next(left, ""), text) if addresses else text
