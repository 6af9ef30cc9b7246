"""What something costs or takes for each unit: `€19.99/month`; and days from one to another: `Mon-Fri`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from makima.text.written.kinds.names.days import DAYS
from makima.text.written.rule import Rule, rule

_PER = {
    "English": "per", "German": "pro", "French": "par", "Spanish": "por", "Italian": "al", "Portuguese": "por",
}  # fmt: skip
_UNITS = {
    "English": r"months?|mo|years?|yr|days?|weeks?|wk|hours?|hr|minutes?|min|seconds?|sec|persons?|people|users?|nights?|items?|pieces?|units?|sq ?ft",
    "German": r"Monat|Mon\.|Jahr|Tag|Woche|Stunde|Std\.?|Person|Nacht|Stück|Stk\.?|Minute|Nutzer|Kopf|h",
    "French": r"min|mois|an|année|jour|semaine|heure|personne|nuit|pièce|minute|utilisateur|h",
    "Spanish": r"min|mes|año|día|semana|hora|persona|noche|unidad|minuto|usuario|h",
    "Italian": r"min|mese|anno|giorno|settimana|ora|persona|notte|pezzo|minuto|utente|h",
    "Portuguese": r"min|mês|ano|dia|semana|hora|pessoa|noite|unidade|minuto|usuário|h",
}
_WEIGHTS = {
    "German": {"kg": "pro Kilo", "l": "pro Liter", "L": "pro Liter", "m²": "pro Quadratmeter", "km": "pro Kilometer"},
    "French": {"kg": "le kilo", "l": "le litre", "L": "le litre", "m²": "le mètre carré", "km": "le kilomètre"},
    "Spanish": {"kg": "el kilo", "l": "el litro", "L": "el litro", "m²": "el metro cuadrado", "km": "el kilómetro"},
    "Italian": {"kg": "al chilo", "l": "al litro", "L": "al litro", "m²": "al metro quadrato", "km": "al chilometro"},
    "Portuguese": {"kg": "o quilo", "l": "o litro", "L": "o litro", "m²": "o metro quadrado", "km": "o quilômetro"},
    "Russian": {"кг": "за килограмм", "л": "за литр", "м²": "за квадратный метр", "км": "за километр"},
}
_FULL = {
    "English": {"mo": "month", "yr": "year", "wk": "week", "hr": "hour", "min": "minute", "sec": "second"},
    "German": {"Mon.": "Monat", "Std.": "Stunde", "Std": "Stunde", "Stk.": "Stück", "Stk": "Stück", "h": "Stunde"},
    "French": {"h": "heure", "min": "minute"},
    "Spanish": {"h": "hora", "min": "minuto"},
    "Italian": {
        "h": "l'ora", "min": "minuto", "ora": "l'ora", "anno": "l'anno", "utente": "utente", "settimana": "la settimana",
        "persona": "a persona", "notte": "a notte",
    },
    "Portuguese": {"h": "hora", "min": "minuto"},
}  # fmt: skip
_RUSSIAN = {
    r"мес\.?|месяц": "в месяц",
    "год": "в год",
    "день": "в день",
    "сутки": "в сутки",
    r"час": "в час",
    r"нед\.?|неделя|неделю": "в неделю",
    r"чел\.?|человек": "на человека",
    r"шт\.?": "за штуку",
}


def rules(language: str) -> Iterator[Rule]:
    """The rules of `language`, in the order in which they are applied."""
    if language in _WEIGHTS:
        weights = _WEIGHTS[language]
        yield rule("price of a measure", rf"(?<=[€$£₽]) ?/ ?({'|'.join(weights)})(?!\w)", lambda m: f" {weights[m[1]]}")
    if language in _PER:
        yield _for_each(language)
    elif language == "Russian":
        for unit, words in _RUSSIAN.items():
            yield rule("for each", rf"(?<=[\d₽$€.]) ?/ ?(?:{unit})(?!\w)", f" {words}")
    elif language == "Chinese":
        yield rule("for each", r"(?<=[\d元])/(?=[月年天日人次个周])", "每")
    elif language == "Japanese":
        yield rule("for each", r"(?<=[\d円])/(?=[月年日人回個週])", "毎")
    elif language == "Korean":
        yield rule("for each", r"(?<=[\d원])/(?=[월년일주])", " 매")
    if language in DAYS:
        yield _days(language)


def _for_each(language: str) -> Rule:
    def speak(match: re.Match[str]) -> str:
        unit = _FULL[language].get(match[1], match[1])
        joint = "" if language == "Italian" and unit.startswith(("l'", "la ", "a ")) else f"{_PER[language]} "
        return f" {joint}{unit}"

    return rule("for each", rf"(?:(?<=[\d€$£]) ?/ ?|(?<=[a-zà-ÿ]{{3}})/(?=min\b))({_UNITS[language]})(?!\w)", speak)


def _days(language: str) -> Rule:
    short, full, to = DAYS[language]
    names = dict(zip(short.split(), full.split(), strict=True))
    names |= {name.lower(): said for name, said in names.items()}
    days = "|".join(names)

    def speak(match: re.Match[str]) -> str:
        return f"{names[match[1]]}{to}{names[match[2]]}"

    return rule("days from to", rf"(?<![\w-])({days})\.? ?[-–—] ?({days})(?![\w-])\.?", speak)
