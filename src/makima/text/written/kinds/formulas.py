"""What stands in formulas beside figures: sums, integrals and limits with their bounds, relations of sets, Greek letters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from makima.text.written.kinds.names.formula_words import GREEK, LIMIT, OPERATORS, RELATIONS
from makima.text.written.kinds.names.vocabulary import VOCABULARY
from makima.text.written.rule import Rule, rule
from makima.text.written.words import TIGHT

SIGNS = "∑∏∫∂∇∈∉∪∩⊂⊆∀∃∅∧∨′Α-Ωα-ω⟨^"
"""Of a class of characters: what the rules of this module look for."""

_BOUNDS = r"⟨(?P<from>[^⟨⟩]{0,200})⟩⟨(?P<to>[^⟨⟩]{0,200})⟩"


def rules(language: str) -> Iterator[Rule]:
    """The rules of `language`, in the order in which they are applied."""
    gap = "" if language in TIGHT else " "
    limit = LIMIT[language]

    def approached(match: re.Match[str]) -> str:
        name, _, value = match["from"].partition("→")
        return f" {limit.format(name.strip(), value.strip())} "

    yield rule("limit", rf"lim{_BOUNDS}", approached)
    for sign, (alone, bounded) in OPERATORS[language].items():
        yield rule("operator", rf"{sign}{_BOUNDS}", _bounded(alone, bounded))
        yield rule("operator", f"{sign} ?", f"{alone} ")
    for sign, word in RELATIONS[language].items():
        yield rule("relation", f" ?{sign} ?", f"{gap}{word}{gap}")
    yield rule("power of a sum", r"\^(?=\()", f"{gap}{VOCABULARY[language].power}{gap}")
    yield rule(
        "minus before a letter", r"(?<=[(=⟨])( ?)-(?=[A-Za-z](?![\w-]))", rf"\1{VOCABULARY[language].minus}{gap}"
    )
    names = GREEK[language]
    yield rule(
        "Greek letter",
        r"(?<![Α-Ωα-ωά-ώ])(?!(?<=[\dkM])[ΩμΜ]|(?<=\d )[ΩμΜ]|μ[a-zA-Z])([Α-Ωα-ω])(?![Α-Ωα-ωά-ώ])",
        lambda m: f"{_apart(m, -1, gap)}{names.get(m[1].lower(), m[1])}{_apart(m, 1, gap)}",
    )


def _bounded(alone: str, bounded: str) -> Callable[[re.Match[str]], str]:
    def speak(match: re.Match[str]) -> str:
        if not match["to"]:
            return f"{alone} {match['from']}, "
        return f"{bounded.format(match['from'], match['to'])} "

    return speak


def _apart(match: re.Match[str], side: int, gap: str) -> str:
    """A space to a letter or figure next to the name."""
    text, at = match.string, match.end() if side > 0 else match.start() - 1
    return gap if 0 <= at < len(text) and text[at].isalnum() else ""
