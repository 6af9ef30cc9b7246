"""German forms that a number takes with its noun: one in the dative and the accusative, and halves."""

from __future__ import annotations

import re

from makima.text.written.languages.german import article
from makima.text.written.rule import Rule, rule

_UNITS = {
    "€": "Euro", "$": "Dollar", "£": "Pfund", "%": "Prozent", "km": "Kilometer", "m": "Meter", "cm": "Zentimeter",
    "mm": "Millimeter", "kg": "Kilogramm", "g": "Gramm", "l": "Liter", "L": "Liter", "ml": "Milliliter",
    "EL": "Esslöffel", "TL": "Teelöffel", "GB": "Gigabyte", "MB": "Megabyte", "TB": "Terabyte", "Std.": "Stunde",
    "Min.": "Minute", "Sek.": "Sekunde",
}  # fmt: skip
_UNIT = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
_DATIVE = "[Mm]it|[Vv]on|[Bb]ei|[Nn]ach|[Aa]us|[Zz]u|[Ss]eit|[Vv]or|[Ii]n|[Aa]b|[Ii]nnerhalb von"
_ACCUSATIVE = "[Ff]ür|[Uu]m|[Oo]hne|[Dd]urch|[Pp]ro"
_MASCULINE_ACCUSATIVE = "Euro|Dollar|Kilometer|Meter|Zentimeter|Millimeter|Liter|Milliliter|Esslöffel|Teelöffel|Tag|Monat|Mann|Apfel|Kaffee|Tisch|Platz|Löffel|Cent"
_ONE = r"1(?! (?:Uhr|Million|Milliarde|Prozent)\b)"
_NEUTER_HALF = r"(?:Kilo|Kilogramm|Pfund|Jahr|Jahrhundert|Glas|Brot|Brötchen|Dutzend|Gramm|Bund|Päckchen|Ei|Stück|Prozent|Hähnchen)"
_MASCULINE_HALF = (
    r"(?:Liter|Meter|Kilometer|Tag|Monat|Apfel|Becher|Teelöffel|Esslöffel|Löffel|Zentimeter|Würfel|Zentner)"
)


def _noun(written: str) -> str:
    return _UNITS.get(written, written)


def _dative(match: re.Match[str]) -> str:
    noun = _noun(match[2])
    return f"{match[1]} ein{'er' if article(noun) == 'eine' else 'em'} {noun}"


def _accusative(match: re.Match[str]) -> str:
    noun = _noun(match[2])
    one = "einen" if re.fullmatch(_MASCULINE_ACCUSATIVE, noun) else article(noun)
    return f"{match[1]} {one} {noun}"


def _half(match: re.Match[str]) -> str:
    noun = _noun(match[1])
    if re.fullmatch(_NEUTER_HALF, noun):
        return f"ein halbes {noun}"
    # Behind a verb the case is not known, at the start of a sentence it is.
    if re.fullmatch(_MASCULINE_HALF, noun) and match.start() == 0:
        return f"ein halber {noun}"
    return f"eine halbe {noun}" if article(noun) == "eine" else match.group()


_ANY = rf"([A-ZÄÖÜ][a-zäöüß]{{2,}}|{_UNIT})(?![\w/²³])"

RULES: tuple[Rule, ...] = (
    rule("one o'clock", r"(?<![\w.,:/-])1(?= Uhr\b)", "ein"),
    rule("one in the dative", rf"\b({_DATIVE}) {_ONE} ?{_ANY}", _dative),
    rule(
        "one more in the dative",
        rf"((?<!\w)(?:{_DATIVE}) (?:\d{{1,4}}|ein(?:em|er|en)|zwei|drei|vier) ?[A-ZÄÖÜ][a-zäöüß]{{2,}}(?:, \d{{1,4}} [A-ZÄÖÜ][a-zäöüß]{{2,}})? und) {_ONE} {_ANY}",
        _dative,
    ),
    rule("one in the accusative", rf"\b({_ACCUSATIVE}) {_ONE} ?{_ANY}", _accusative),
    rule("half of something", rf"(?<![\w.,/])(?<!\d )1/2 ?{_ANY}", _half),
)
