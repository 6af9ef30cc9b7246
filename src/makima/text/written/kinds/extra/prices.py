"""What something costs or takes for each unit: `€19.99/month`; and days from one to another: `Mon-Fri`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from makima.text.written.rule import Rule, rule

_PER = {
    "English": "per", "German": "pro", "French": "par", "Spanish": "por", "Italian": "al", "Portuguese": "por",
}  # fmt: skip
_UNITS = {
    "English": r"months?|mo|years?|yr|days?|weeks?|wk|hours?|hr|minutes?|min|seconds?|sec|persons?|people|users?|nights?|items?|pieces?|units?|sq ?ft",
    "German": r"Monat|Mon\.|Jahr|Tag|Woche|Stunde|Std\.?|Person|Nacht|Stück|Stk\.?|Minute|Nutzer|Kopf|h",
    "French": r"mois|an|année|jour|semaine|heure|personne|nuit|pièce|minute|utilisateur|h",
    "Spanish": r"mes|año|día|semana|hora|persona|noche|unidad|minuto|usuario|h",
    "Italian": r"mese|anno|giorno|settimana|ora|persona|notte|pezzo|minuto|utente|h",
    "Portuguese": r"mês|ano|dia|semana|hora|pessoa|noite|unidade|minuto|usuário|h",
}
_FULL = {
    "English": {"mo": "month", "yr": "year", "wk": "week", "hr": "hour", "min": "minute", "sec": "second"},
    "German": {"Mon.": "Monat", "Std.": "Stunde", "Std": "Stunde", "Stk.": "Stück", "Stk": "Stück", "h": "Stunde"},
    "French": {"h": "heure"},
    "Spanish": {"h": "hora"},
    "Italian": {
        "h": "l'ora", "ora": "l'ora", "anno": "l'anno", "utente": "utente", "settimana": "la settimana",
        "persona": "a persona", "notte": "a notte",
    },
    "Portuguese": {"h": "hora"},
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
_DAYS = {
    "English": ("Mon Tue Wed Thu Fri Sat Sun", "Monday Tuesday Wednesday Thursday Friday Saturday Sunday", " to "),
    "German": ("Mo Di Mi Do Fr Sa So", "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag", " bis "),
    "French": ("Lun Mar Mer Jeu Ven Sam Dim", "lundi mardi mercredi jeudi vendredi samedi dimanche", " à "),
    "Spanish": ("Lun Mar Mié Jue Vie Sáb Dom", "lunes martes miércoles jueves viernes sábado domingo", " a "),
    "Italian": ("Lun Mar Mer Gio Ven Sab Dom", "lunedì martedì mercoledì giovedì venerdì sabato domenica", " a "),
    "Portuguese": ("Seg Ter Qua Qui Sex Sáb Dom", "segunda terça quarta quinta sexta sábado domingo", " a "),
    "Russian": ("Пн Вт Ср Чт Пт Сб Вс", "понедельник вторник среда четверг пятница суббота воскресенье", " - "),
}


def rules(language: str) -> Iterator[Rule]:
    """The rules of `language`, in the order in which they are applied."""
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
    if language in _DAYS:
        yield _days(language)


def _for_each(language: str) -> Rule:
    def speak(match: re.Match[str]) -> str:
        unit = _FULL[language].get(match[1], match[1])
        joint = "" if language == "Italian" and unit.startswith(("l'", "la ", "a ")) else f"{_PER[language]} "
        return f" {joint}{unit}"

    return rule("for each", rf"(?<=[\d€$£]) ?/ ?({_UNITS[language]})(?!\w)", speak)


def _days(language: str) -> Rule:
    short, full, to = _DAYS[language]
    names = dict(zip(short.split(), full.split(), strict=True))
    names |= {name.lower(): said for name, said in names.items()}
    days = "|".join(names)

    def speak(match: re.Match[str]) -> str:
        return f"{names[match[1]]}{to}{names[match[2]]}"

    return rule("days from to", rf"(?<![\w-])({days})\.? ?[-–—] ?({days})(?![\w-])\.?", speak)
