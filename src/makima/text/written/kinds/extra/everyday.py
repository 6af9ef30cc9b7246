"""Kinds that all languages share, each in its own words: keys to press, time zones, inches, stars, parts of a house."""

from __future__ import annotations

import re
from collections.abc import Iterator

from makima.text.written.kinds.names.vocabulary import VOCABULARY
from makima.text.written.languages.russian import form
from makima.text.written.rule import Rule, rule
from makima.text.written.words import TIGHT, cardinal, digits, plain

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
_LENGTHS = "m|cm|mm|km|ft|in|м|см|мм|км"
_VERSES = {
    "English": "Genesis|Exodus|Psalms?|Proverbs|Isaiah|Matthew|Mark|Luke|John|Acts|Romans|Corinthians|Revelation",
    "German": "Johannes|Joh|Matthäus|Mt|Markus|Mk|Lukas|Lk|Römer|Röm|Korinther|Psalm|Ps|Mose|Jesaja|Offenbarung|Sprüche",
    "French": "Jean|Matthieu|Marc|Luc|Actes|Romains|Corinthiens|Genèse|Exode|Psaumes?|Proverbes|Isaïe|Apocalypse",
    "Spanish": "Juan|Mateo|Marcos|Lucas|Hechos|Romanos|Corintios|Génesis|Éxodo|Salmos?|Proverbios|Isaías|Apocalipsis",
    "Italian": "Giovanni|Matteo|Marco|Luca|Atti|Romani|Corinzi|Genesi|Esodo|Salm[oi]|Proverbi|Isaia|Apocalisse",
    "Portuguese": "João|Mateus|Marcos|Lucas|Atos|Romanos|Coríntios|Gênesis|Êxodo|Salmos?|Provérbios|Isaías|Apocalipse",
    "Russian": "Иоанна|Матфея|Марка|Луки|Деяния|Римлянам|Коринфянам|Бытие|Исход|Псалом|Притчи|Исаия|Откровение",
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
    comma = {"Chinese": "，", "Japanese": "、"}.get(language, ", ")
    yield rule(
        "card",
        rf"(?<![A-Za-z\d.,+-])(?<![A-Z]{{2}}\d\d )\d{{4}}(?:{'[ ]' if language == 'Korean' else '[ -]'}\d{{4}}){{2,3}}(?![A-Za-z\d-]|[ .,]\d)",
        lambda m: comma.join(digits(group, language) for group in re.findall(r"\d+", m[0])),
    )
    by = VOCABULARY[language].by
    yield rule(
        "length and width",
        rf"(?<![A-Za-z\d.,])(\d{{1,4}}(?:[.,]\d{{1,3}})?) ?({_LENGTHS}) ?[x×х] ?(?=\d{{1,4}}(?:[.,]\d{{1,3}})? ?\2(?![A-Za-zа-я]))",
        rf"\1 \2{gap}{by}{gap}",
    )
    yield rule(
        "length and width",
        rf"(?<![A-Za-z\d.,])(?!\d ?[x×х] ?\d{{3}})(\d{{1,4}}(?:[.,]\d{{1,3}})?) ?[x×х] ?(?=\d{{1,4}}(?:[.,]\d{{1,3}})? ?(?:{_LENGTHS})(?![A-Za-zа-я]))",
        rf"\1{gap}{by}{gap}",
    )
    if language in _VERSES:
        yield _verse(language)
    if language not in ("English", "Chinese", "Japanese", "Korean"):
        yield rule(
            "house number",
            r"(?<=[^\W\d_],? )(\d{1,4}) ?/ ?([A-Z])(?!\w)",
            lambda m: f"{cardinal(int(m[1]), language)} {m[2]}",
        )


def _verse(language: str) -> Rule:
    """`Jean 3:16`: a chapter and a verse, no time."""
    names, to = _VERSES[language], VOCABULARY[language].to

    def speak(match: re.Match[str]) -> str:
        last = f" {to} {cardinal(int(match[4]), language)}" if match[4] else ""
        return f"{match[1]} {cardinal(int(match[2]), language)} {cardinal(int(match[3]), language)}{last}"

    return rule(
        "verse", rf"(?<!\w)((?:{names})\.?) (\d{{1,3}})[:,] ?(\d{{1,3}})(?:[-–](\d{{1,3}}))?(?![\w:]|[.,]\d)", speak
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
