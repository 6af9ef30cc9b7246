"""Kinds that all languages share, each in its own words: keys to press, time zones, inches, stars, parts of a house."""

from __future__ import annotations

import re
from collections.abc import Iterator

from makima.text.written.kinds.names.vocabulary import VOCABULARY
from makima.text.written.languages.russian import form
from makima.text.written.rule import Rule, rule
from makima.text.written.words import TIGHT, cardinal, plain

_KEYS = "Ctrl|Strg|Control|Shift|Umschalt|Alt|AltGr|Maj|Mayús|Maiusc|Cmd|Command|Win|Windows|Option|Opt|Fn|Tab|Esc|Del|Entf|Supr|⌘"
_INCHES = {
    "German": "Zoll|Zoll",
    "French": "pouce|pouces",
    "Spanish": "pulgada|pulgadas",
    "Italian": "pollice|pollici",
    "Portuguese": "polegada|polegadas",
    "Russian": "дюйм|дюйма|дюймов",
    "Chinese": "英寸|英寸",
    "Japanese": "インチ|インチ",
    "Korean": "인치|인치",
}
_STARS = {
    "English": "star|stars",
    "German": "Stern|Sterne",
    "French": "étoile|étoiles",
    "Spanish": "estrella|estrellas",
    "Italian": "stella|stelle",
    "Portuguese": "estrela|estrelas",
    "Russian": "звезда|звезды|звёзд",
}
_COMPASS = {
    "English": "north south east west",
    "German": "Nord Süd Ost West",
    "French": "nord sud est ouest",
    "Spanish": "norte sur este oeste",
    "Italian": "nord sud est ovest",
    "Portuguese": "norte sul leste oeste",
}
_DEGREES = {"English": "degrees", "French": "degrés", "Spanish": "grados", "Italian": "gradi", "Portuguese": "graus"}


def rules(language: str) -> Iterator[Rule]:
    """The rules of `language`, in the order in which they are applied."""
    gap = "" if language in TIGHT else " "
    plus, minus = _signs(language)
    yield rule("keys together", rf"(?<![A-Za-z])({_KEYS}) ?\+ ?(?=[A-Za-z0-9])", rf"\1{gap}{plus}{gap}")
    if language != "English":
        yield rule("time zone", r"\b(GMT|UTC) ?\+(?=\d)", rf"\1{gap}{plus}{gap}")
    yield rule("time zone", r"\b(GMT|UTC) ?[-−–](?=\d)", rf"\1{gap}{minus}{gap}")
    if language in _INCHES:
        yield _named("inches", r"(?<![A-Za-z\d.,])(\d{1,3}(?:[.,]\d)?)[\"”″](?![^\"”″]*[\"”″])", language, _INCHES)
    if language in _STARS:
        yield _named("stars of a hotel", r"(?<![\w.,])([1-7])\*(?![\w*])(?! ?\d)", language, _STARS)
    if language in _COMPASS:
        yield _latitude(language)
    if language not in ("English", "Chinese", "Japanese", "Korean"):
        yield rule(
            "house number",
            r"(?<=[^\W\d_],? )(\d{1,4}) ?/ ?([A-Z])(?!\w)",
            lambda m: f"{cardinal(int(m[1]), language)} {m[2]}",
        )


def _signs(language: str) -> tuple[str, str]:
    """What is said for plus and minus next to a name."""
    words = VOCABULARY[language]
    return {"Chinese": ("加", "减"), "Korean": ("플러스", "마이너스")}.get(language, (words.plus, words.minus))


def _named(name: str, pattern: str, language: str, table: dict[str, str]) -> Rule:
    """A number in front of a sign that stands for a noun."""
    names = table[language].split("|")

    def speak(match: re.Match[str]) -> str:
        written = match[1]
        value = plain(written, language)
        if language == "Russian":
            return f"{written} {names[1] if '.' in value else form(int(value), names)}"
        return f"{written}{'' if language in TIGHT else ' '}{names[0] if value == '1' else names[-1]}"

    return rule(name, pattern, speak)


def _latitude(language: str) -> Rule:
    """`40.7128° N`: the letter is a direction."""
    north, south, east, west = _COMPASS[language].split()
    names = {"N": north, "S": south, "E": east, "O": west, "W": west}
    if language == "German":
        names["O"] = east
    degrees = _DEGREES.get(language, "Grad")
    return rule("latitude", r"(?<=\d) ?° ?([NSEOW])(?!\w)", lambda m: f" {degrees} {names[m[1]]}")
