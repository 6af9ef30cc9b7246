"""Rules that several of the four languages have, each in its own words."""

from __future__ import annotations

import re

from makima.text.written.kinds.calendar import MONTHS
from makima.text.written.kinds.names.currency_names import SIGNS
from makima.text.written.rule import Rule, rule
from makima.text.written.words import cardinal

BEHIND_A_YEAR = r"(?:(?<!\d )|(?<=(?<!\d)[12]\d{3} ))"
"""No group of a number stands in front, but a year may: `Desde 2015 42 crianças`."""

_MASCULINE_IN_A = r"(?:d[ií]as?|mapas?|planetas?|sofás?|ptas|para|hasta|contra|cada|esta|esa|otra|nada|outra|essa|toda|cometas?|dálmatas?|piratas?|(?:art|tur|dent|period|futbol|pian|econom)istas?|yogas?|tranvías?|guardas?|kilos?|\w*(?:gramas|gramas?|emas?|omas?|amas?|imas?))"


def feminine_ones(language: str) -> Rule:
    """`1 hermana`, `21 mesas`: numbers that end in one, before a noun that ends in `a`."""

    def speak(match: re.Match[str]) -> str:
        return cardinal(int(match[1]), language, gender="f")

    months = "|".join(MONTHS[language].split())
    ending = (
        "a|ci[oó]n|siones|ciones|sión|dad|dades|tud"
        if language == "Spanish"
        else "ã|a|ção|ções|são|dade|dades|gem|gens"
    )
    last = "1" if language == "Spanish" else "[12]"
    return rule(
        "feminine one",
        rf"(?<![\w.,/:-]){BEHIND_A_YEAR}(\d{{0,2}}{last})(?<!1[12])(?= (?!{_MASCULINE_IN_A}(?!\w)|{months})[a-záéíóúñãõâêôç]{{2,}}(?:{ending})s?(?!\w))",
        speak,
    )


def _singular(noun: str, language: str) -> str:
    """One and a half of something stand in the singular."""
    if language == "Italian":
        return re.sub("e$", "a", re.sub("i$", "o", noun))
    return {"meses": "mes" if language == "Spanish" else "mês", "colheres": "colher"}.get(noun, noun.removesuffix("s"))


def and_a_half(language: str, masculine: str, feminine: str) -> Rule:
    """`2½ horas`: two hours and a half."""

    def speak(match: re.Match[str]) -> str:
        noun = match[2]
        italian = language == "Italian" and noun.endswith("e") and noun not in ("mese", "giornale")
        is_feminine = (
            italian
            or noun.rstrip("s").endswith("a")
            or noun
            in (
                *("tasse", "tasses", "cuillère", "cuillères", "bouteille", "bouteilles", "pomme", "pommes", "semaine"),
                *("semaines", "journée", "journées", "douzaine", "douzaines", "livre", "livres", "page", "pages"),
                "colher",
                "heure",
                "heures",
                "ore",
                "tonnes",
                "tonne",
                "années",
            )
        )
        count = cardinal(int(match[1]), language, gender="f" if is_feminine else "m")
        if match[1] == "1" and language != "French":
            noun = _singular(noun, language)
            count = {"m": {"Portuguese": "um"}.get(language, "un"), "f": {"Portuguese": "uma"}.get(language, "una")}[
                "f" if is_feminine else "m"
            ]
            if language == "Italian" and is_feminine and noun[0] in "aeiou":
                return f"un'{noun} {feminine}"
        return f"{count} {noun} {feminine if is_feminine else masculine}"

    return rule("and a half", r"(?<![\w.,/])(\d{1,3}) 1/2 (?!de\b|di\b|d')([^\W\d_]{4,}|días?|ore)(?!\w)", speak)


def day_of_month(language: str, of: str) -> Rule:
    """`il 15/03`: the nought before the month tells it from a fraction."""
    months = MONTHS[language].split()
    return rule(
        "day of a month",
        r"(?<=[^\W\d_] )(0?[1-9]|[12]\d|3[01])/(0[1-9]|1[0-2])(?![\w/-]|[.,]\d)"
        r"|(?<=\b(?:[Ee]l|[Ii]l|[Dd]ia|[Dd]al?|[Dd]el|[Ll]e|até|em|hasta el) )([1-9]|[12]\d|3[01])/([1-9]|1[0-2])"
        r"(?=,? (?:a las?|alle|all['’]|à|às|de \d{4}|de manhã|por la|in)(?!\w))",
        lambda m: f"{int(m[1] or m[3])}{of}{months[int(m[2] or m[4]) - 1]}",
    )


_ANGLES = re.compile(
    r"ci sono (?=[23])|fuori|[áaâ]ngulo|angolo|\bgir|rot|inclin|latitud|pend[ei]n|temperatur|ladeir", re.IGNORECASE
)


def angle(language: str, degrees: str) -> Rule:
    """`un ángulo de 45°`: degrees where the sentence is about an angle, or the number is no likely place."""

    def speak(match: re.Match[str]) -> str:
        if int(match[1]) < 32 and not _ANGLES.search(match.string):
            return match.group()
        return f"{cardinal(int(match[1]), language)} {degrees}"

    return rule(
        "angle", r"(?<![\w.,])(\d{2,3})°(?! ?[CFKNSEWO]\b)(?= ?[.,;:!?)]|$| (?:y|e|con|de|a|sobre|al|in)(?!\w))", speak
    )


def sign_of_scale(language: str) -> Rule:
    """`3 millones de $`: the sign by itself."""
    return rule(
        "sign of a scale",
        r"(?<=(?:mil|mill?ones|mln|mld|milioni|miliardi|milhões|bilhões) d[ei] )([€$£])(?!\w| ?\d)",
        lambda m: SIGNS[language][m[1]].rpartition(":")[2].split("|")[-1],
    )


def height(unit: str) -> Rule:
    """`1 m 80`: how tall someone is."""
    return rule("height", r"(?<![\w.,])([12]) ?m ?(\d\d)(?!\w)", rf"\1 {unit} \2")
