"""French: units, money, times of day, ordinals and years beside numbers, which the grammar does not know."""

from __future__ import annotations

import re

from makima.text.written.languages.measures import CURRENCIES, alternatives, forms, unit_rule
from makima.text.written.languages.shared import dotted, international_telephone, ranges
from makima.text.written.languages.units import FRENCH
from makima.text.written.rule import Rule, rule
from makima.text.written.words import cardinal, decimal, digits, ordinal, plain

_NUMBER = r"(?<![\w.,/])(?:-?\d{1,3}(?:[ .]\d{3})+(?:,\d+)?|-?\d+(?:[.,]\d+)?)"
_SIGNS = alternatives([sign for sign in FRENCH if sign in CURRENCIES])
_SCALE = r"(?P<scale> (?:mille|millions?|milliards?))?"
_CENTS = {"€": "centimes", "$": "cents", "£": "pence", "CHF": "centimes"}


def _amount(number: str, gender: str) -> str:
    return decimal(plain(number, "French"), "French", gender=gender)


def _one(number: str) -> bool:
    """French counts in the singular up to below two."""
    return abs(float(plain(number, "French") or "0")) < 2


def _measure(number: str, unit: str) -> str:
    gender, names = forms(FRENCH[unit])
    return f"{_amount(number, gender)} {names[0] if _one(number) else names[-1]}"


def _money(match: re.Match[str]) -> str:
    number, sign = match["number"] or match["after"], match["sign"] or match["before"]
    gender, names = forms(FRENCH[sign])
    many = names[-1]
    of = "d'" if many[0] in "aeiouyh" else "de "
    if match["scale"]:
        scale = match["scale"].strip()
        return f"{_amount(number, 'm')} {scale} {many if scale == 'mille' else of + many}"
    whole, _, cents = plain(number, "French").partition(".")
    if len(cents) == 2 and sign in _CENTS:
        if int(whole) == 0:
            return f"{cardinal(int(cents), 'French')} {_CENTS[sign] if int(cents) > 1 else _CENTS[sign].rstrip('s')}"
        words = f"{cardinal(int(whole), 'French', gender=gender)} {names[0] if int(whole) == 1 else many}"
        return f"{words} {cardinal(int(cents), 'French')}" if int(cents) else words
    words = _amount(number, gender)
    if re.search(r"(?:million|milliard)s?$", words):
        return f"{words} {of}{many}"
    return f"{words} {names[0] if _one(number) else many}"


def _time(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2] or "0")
    words = f"{cardinal(hour, 'French', gender='f')} heure{'s' if hour > 1 else ''}" if hour else "zéro heure"
    return f"{words} {cardinal(minute, 'French', gender='f')}" if minute else words


def _place(match: re.Match[str]) -> str:
    value, suffix = int(match[1].replace(" ", "")), match[2].replace("ʳ", "r").replace("ᵉ", "e")
    if value == 1:
        if suffix in ("er", "ers"):
            return "premier" + suffix[2:]
        return "premières" if suffix.endswith("es") else "première"
    if suffix in ("nd", "nde") and value == 2:
        return "second" if suffix == "nd" else "seconde"
    return ordinal(value, "French")


def _group(match: re.Match[str]) -> str:
    return f"{cardinal(int(match[1]), 'French')} "


_MONTHS = "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"

_MONTH_NAMES = _MONTHS.split("|")
_FEMININE = (
    r"heures?|minutes?|secondes?|personnes?|fois|semaines?|années?|pages?|voitures?|femmes?|filles?|maisons?|villes?|"
    r"journées?|tonnes?|places?|étoiles?|choses?|bouteilles?|pommes?|poires?|chambres?|questions?|"
    r"tables?|chansons?|maisons?|saisons?|raisons?|cartes?|lettres?|portes?|fenêtres?|tasses?|cuillères?|pièces?|équipes?|"
    r"vidéos?|photos?|images?|lignes?|feuilles?|tranches?|boîtes?|nuits?|fleurs?|clés?|voix|mains?|classes?|séries?|étapes?|rues?|"
    r"routes?|entreprises?|marques?|familles?|sœurs?|îles?|zones?|bières?|chaises?|fraises?|erreurs?|vies?|copies?|parties?|"
    r"[a-zéèêç]+(?:tion|sion|té|ée|ette|ance|ence|esse|euse|rice|enne|aine)s?"
)


def _date(match: re.Match[str]) -> str:
    day, month = int(match[1]), int(match[2])
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return match.group()
    first = "premier" if day == 1 else cardinal(day, "French")
    return f"{first} {_MONTH_NAMES[month - 1]} {cardinal(int(match[3]), 'French')}"


def _feminine(match: re.Match[str]) -> str:
    return cardinal(int(match[1]), "French", gender="f")


RULES: tuple[Rule, ...] = (
    rule("number sign", r"(?<!\w)[nN][°º] ?(?=\d)|№ ?(?=\d)", "numéro "),
    rule("date", r"(?<![\w.,/])(\d{1,2})/(\d{1,2})/(\d{4})(?![\w/])", _date),
    ranges("French", "à"),
    rule("range", r"(?<=\d) ?[–—] ?(?=\d)", " à "),
    dotted("French", "point"),
    rule(
        "feminine one",
        rf"(?<![\w.,/:-])(?:(?<!\d )|(?<=(?<!\d)[12]\d{{3}} ))(\d{{0,3}}1)(?= (?:{_FEMININE})\b)(?<!11)",
        _feminine,
    ),
    rule("four digits before three", r"(?<![\w.,])([12]\d{3}) (?=\d{3}(?!\d))", _group),
    rule("telephone", r"(?<![\w.,])(?:\+33 ?|0)[1-9](?:[ .]?\d\d){4}(?!\w)", lambda m: _telephone(m[0])),
    international_telephone("French", "plus"),
    rule(
        "money",
        rf"(?:(?P<number>{_NUMBER}){_SCALE} ?(?P<sign>{_SIGNS})|(?P<before>[€$£]) ?(?P<after>\d+(?:[.,]\d+)?))(?![\w/])",
        _money,
    ),
    rule("time", r"(?<![\w.,:])([01]?\d|2[0-4]) ?[hH] ?([0-5]\d)(?:min)?(?!\w)", _time),
    rule("hour", r"(?<![\w.,:])([01]?\d|2[0-4]) ?[hH]()(?![\w/])", _time),
    rule("time with a colon", r"(?<![\w.,:])([01]?\d|2[0-4]):([0-5]\d)(?: ?[hH]\b)?(?![\d:])", _time),
    rule("long place", r"(?<![\w.,])(\d{10,15})(?:èmes?|ièmes?|es?|ᵉ)(?!\w)", lambda m: digits(m[1], "French")),
    rule(
        "place",
        r"(?<![\w.,])(\d{1,3}(?: \d{3})+|\d{1,9})(ers?|ères?|res?|èmes?|iemes?|ièmes?|es?|nde?|ᵉʳ|ᵉ|ʳᵉ)(?!\w)",
        _place,
    ),
    rule("first of a month", rf"(?<![\w.,])0?1 (?=(?:{_MONTHS})\b)", "premier "),
    unit_rule(FRENCH, _NUMBER, _measure),
)


def _telephone(number: str) -> str:
    plus = "plus " if number.startswith("+") else ""
    bare = re.sub(r"\D", "", number)
    groups = ["33", bare[2], *re.findall(r"\d\d", bare[3:])] if plus else re.findall(r"\d\d", bare)
    said = (digits(group, "French") if group.startswith("0") else cardinal(int(group), "French") for group in groups)
    return plus + ", ".join(said)
