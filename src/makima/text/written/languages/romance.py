"""Spanish, Portuguese and Italian: money with its cents, shortened ordinals, times of day, genders of hundreds."""

from __future__ import annotations

import re

from makima.text.written.languages.shared import dotted, ranges
from makima.text.written.rule import Rule, rule
from makima.text.written.words import cardinal, decimal, digits, ordinal, plain

_NUMBER = r"(?<![\w.,])(?:\d{1,3}(?:[. ]\d{3})+(?:,\d+)?|\d+(?:,\d+)?)"


def _year_before(language: str) -> Rule:
    return rule(
        "four digits before three",
        r"(?<![\w.,])([12]\d{3}) (?=\d{3}(?!\d))",
        lambda m: f"{cardinal(int(m[1]), language)} ",
    )


def _hundreds(language: str, nouns: str) -> Rule:
    """`300 personas` is `trescientas`: hundreds and units have the gender of what is counted."""
    return rule(
        "feminine count",
        rf"{_NUMBER}(?= (?:{nouns})\b)",
        lambda m: decimal(plain(m[0], language), language, gender="f") if "," not in m[0] else m[0],
    )


_ES_NOUNS = (
    r"personas?|horas?|veces|vez|páginas?|mujeres|mujer|niñas?|chicas?|casas?|semanas?|libras?|empresas?|palabras?|plazas?|familias?|"
    r"toneladas?|unidad(?:es)?|víctimas?|muertes?|estrellas?|cosas?|camas?|entradas?|ciudad(?:es)?|escuelas?|calles?|calorías?|"
    r"monedas?|manzanas?|peras?|botellas?|preguntas?|noches?"
)
_PT_NOUNS = (
    r"pessoas?|horas?|vezes|vez|páginas?|mulher(?:es)?|meninas?|casas?|semanas?|libras?|empresas?|palavras?|vagas?|famílias?|"
    r"toneladas?|unidades?|vítimas?|mortes?|estrelas?|coisas?|camas?|cidades?|escolas?|ruas?|calorias?|moedas?|maçãs?|peras?|"
    r"garrafas?|perguntas?|noites?|xícaras?"
)


def _shortened(match: re.Match[str]) -> str:
    return {"1": "primer", "3": "tercer"}[match[1]] if len(match[1]) == 1 else ordinal(int(match[1]), "Spanish")


def _es_money(match: re.Match[str]) -> str:
    whole, cents = int(match[1].replace(".", "").replace(" ", "")), int(match[2])
    euros = "un euro" if whole == 1 else f"{_apocope(cardinal(whole, 'Spanish'))} euros"
    if not whole:
        return f"{_apocope(cardinal(cents, 'Spanish'))} céntimo{'s' if cents != 1 else ''}"
    return f"{euros} con {cardinal(cents, 'Spanish')}" if cents else euros


def _apocope(words: str) -> str:
    return re.sub(r"veintiuno$", "veintiún", re.sub(r"\buno$", "un", words))


def _it_money(match: re.Match[str]) -> str:
    whole, cents = int(match[1].replace(".", "").replace(" ", "")), int(match[2])
    if not whole:
        return f"{cardinal(cents, 'Italian') if cents > 1 else 'un'} centesim{'o' if cents == 1 else 'i'}"
    euros = f"{'un' if whole == 1 else cardinal(whole, 'Italian')} euro"
    return f"{euros} e {cardinal(cents, 'Italian')}" if cents else euros


def _pt_place(match: re.Match[str]) -> str:
    if len(match[1]) > 6:
        return digits(match[1], "Portuguese")
    return ordinal(int(match[1]), "Portuguese", gender="f" if match[2] == "ª" else "m")


_PREPOSITION = r"\b(?P<before>[Àà]s|[Dd]as|[Aa]s) "


def _pt_time(match: re.Match[str]) -> str:
    hour, minute = int(match["hour"]), int(match["minute"] or "0")
    if minute == 0 and hour not in (0, 12):
        return f"{match['before']} {cardinal(hour, 'Portuguese', gender='f')}{' horas' if match['h'] else ''}"
    words = f"{match['before']} {cardinal(hour, 'Portuguese', gender='f')}"
    return f"{words} e {cardinal(minute, 'Portuguese')}" if minute else f"{words} horas"


_IT_MONTHS = (
    *("gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre"),
    *("novembre", "dicembre"),
)


def _it_place(match: re.Match[str]) -> str:
    if len(match[1]) > 6:
        return digits(match[1], "Italian")
    return ordinal(int(match[1]), "Italian", gender="f" if "ª" in match[0] else "m")


def _it_date(match: re.Match[str]) -> str:
    day, month = int(match[1]), int(match[2])
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return match[0]
    first = "primo" if day == 1 else cardinal(day, "Italian")
    return f"{first} {_IT_MONTHS[month - 1]} {cardinal(int(match[3]), 'Italian')}"


_DATA = {"KB": "kilobyte", "MB": "megabyte", "GB": "gigabyte", "TB": "terabyte"}


def _data(language: str, plural: str) -> Rule:
    def speak(match: re.Match[str]) -> str:
        name, value = _DATA[match[2]], plain(match[1], language)
        if value == "1":
            return f"{'um' if language == 'Portuguese' else 'un'} {name}"
        return f"{decimal(value, language)} {name}{plural}"

    return rule("amounts of data", rf"({_NUMBER}) ?([KMGT]B)(?![\w/])", speak)


def _telephone(language: str, pattern: str) -> Rule:
    def speak(match: re.Match[str]) -> str:
        return ", ".join(digits(group, language) for group in match[0].split(" "))

    return rule("telephone", pattern, speak)


def _it_one(match: re.Match[str]) -> str:
    noun = match[1]
    feminine = noun.endswith("a") and noun not in ("problema", "programma", "sistema", "tema", "clima")
    if feminine:
        return f"un'{noun}" if noun[0] in "aeiou" else f"una {noun}"
    return f"uno {noun}" if re.match(r"s[bcdfglmnpqrtvz]|z|gn|ps|x|y", noun) else f"un {noun}"


_IT_PARTS = {
    2: "mezzo",
    3: "terzo",
    4: "quarto",
    5: "quinto",
    6: "sesto",
    7: "settimo",
    8: "ottavo",
    9: "nono",
    10: "decimo",
}


def _it_fraction(match: re.Match[str]) -> str:
    top, bottom = int(match[1]), int(match[2])
    if bottom < 2:
        return match.group()
    part = _IT_PARTS.get(bottom) or ordinal(bottom, "Italian")
    return f"un {part}" if top == 1 else f"{cardinal(top, 'Italian')} {part[:-1]}i"


SPANISH: tuple[Rule, ...] = (
    _year_before("Spanish"),
    rule(
        "shortened place",
        r"(?<![\w.,])(\d*[13])\.?[ºo°](?= (?!de\b)[a-záéíóúñ])(?<!11º)(?<!13º)(?<!11\.º)(?<!13\.º)",
        _shortened,
    ),
    rule("long place", r"(?<![\w.,])(\d{7,})\.?[ºª°]", lambda m: digits(m[1], "Spanish")),
    rule("euros", r"(?<![\w.,])(\d{1,3}(?:[. ]\d{3})*|\d+),(\d\d) ?(?:€|EUR\b|euros?\b)", _es_money),
    _hundreds("Spanish", _ES_NOUNS),
    dotted("Spanish", "punto"),
    _telephone("Spanish", r"(?<![\w.,+])(?<!\+\d )(?<!\+\d\d )(?<!\+\d\d\d )[679]\d{2}(?: \d{3}){2}(?![\w.,]\d|\w)"),
    rule("millions of money", r"(?<=mill[oó]n) ?€|(?<=illones) ?€", " de euros"),
    rule(
        "degrees",
        r"(?<![\w.,])(-?\d+(?:,\d+)?) ?°([CF])\b",
        lambda m: f"{m[1]} grado{'' if m[1] == '1' else 's'} {'Celsius' if m[2] == 'C' else 'Fahrenheit'}",
    ),
    rule("number sign", r"(?<!\w)[nN]\.?[°º] ?(?=\d)|№ ?(?=\d)", "número "),
    _data("Spanish", "s"),
    ranges("Spanish", "a"),
    rule("range", r"(?<=\d) ?[–—] ?(?=\d)", " a "),
)


def _pt_date(match: re.Match[str]) -> str:
    day, month = int(match[1]), int(match[2])
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return match[0]
    first = "primeiro" if day == 1 else cardinal(day, "Portuguese")
    return f"{first} de {_PT_MONTHS[month - 1]} de {cardinal(int(match[3]), 'Portuguese')}"


def _pt_money(match: re.Match[str]) -> str:
    whole, cents = int(match[1].replace(".", "").replace(" ", "")), int(match[2])
    reais = f"{cardinal(whole, 'Portuguese')} {'real' if whole == 1 else 'reais'}" if whole else ""
    part = f"{cardinal(cents, 'Portuguese')} centavo{'' if cents == 1 else 's'}" if cents else ""
    return " e ".join(said for said in (reais, part) if said) or "zero reais"


def _pt_full_money(whole: int) -> str:
    words = cardinal(whole, "Portuguese")
    of = "de " if words.endswith(("ão", "ões")) else ""
    return f"{words} {of}rea{'l' if whole == 1 else 'is'}"


def _pt_decimal(match: re.Match[str]) -> str:
    percent = " por cento" if "%" in match[0] else ""
    return decimal(plain(match[0].rstrip("% "), "Portuguese"), "Portuguese") + percent


_PT_MONTHS = (
    *("janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro"),
    "dezembro",
)

PORTUGUESE: tuple[Rule, ...] = (
    rule("date", r"(?<![\w.,/])(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?![\w/])", _pt_date),
    rule("reais", r"R\$ ?(\d{1,3}(?:[. ]\d{3})+|\d+),(\d\d)(?!\d|[.,]\d| (?:mil|milh|bilh|mi\b|bi\b))", _pt_money),
    rule(
        "full reais",
        r"R\$ ?(\d{1,3}(?:[. ]\d{3})+|\d+)(?=[;:!?)]|[.,](?!\d)|$)",
        lambda m: _pt_full_money(int(re.sub("[. ]", "", m[1]))),
    ),
    rule("percent", r"(?<![\w.,/:$€-])(?<![$€£] )(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d{1,6})? ?%", _pt_decimal),
    rule(
        "decimal before a mark",
        r"(?<![\w.,/:$€-])(?<![$€£] )(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d{1,6})(?=[;:!?)]|[.,](?!\d)|$| [a-zà-ÿ]{4,})",
        _pt_decimal,
    ),
    rule(
        "groups before a mark",
        r"(?<![\w.,/:$€-])(?<![$€£] )\d{1,3}(?:\.\d{3})+(?=[;:!?)]|[.,](?!\d)|$)",
        _pt_decimal,
    ),
    _year_before("Portuguese"),
    rule("long place", r"(?<![\w.,])(\d{7,})\.?([ºª°])", _pt_place),
    rule("time", rf"{_PREPOSITION}(?P<hour>[01]?\d|2[0-3])(?:(?P<h>h)|:)(?P<minute>[0-5]\d)?(?![\d:\w])", _pt_time),
    _hundreds("Portuguese", _PT_NOUNS),
    dotted("Portuguese", "ponto"),
    rule("kilometers an hour", rf"({_NUMBER}) ?km/h\b", r"\1 quilômetros por hora"),
    rule("number sign", r"(?<!\w)[nN]\.?[°º] ?(?=\d)|№ ?(?=\d)", "número "),
    _data("Portuguese", "s"),
    ranges("Portuguese", "a"),
    rule("range", r"(?<=\d) ?[–—] ?(?=\d)", " a "),
)
ITALIAN: tuple[Rule, ...] = (
    _year_before("Italian"),
    rule(
        "degrees", r"(?<![\w.,])(-?\d+(?:,\d+)?) ?°C\b", lambda m: f"{m[1]} grad{'o' if m[1] == '1' else 'i'} Celsius"
    ),
    rule("place", r"(?<![\w.,])(\d+)[°ºª](?! ?[CFNSEOW]\b)", _it_place),
    rule("euros", r"(?<![\w.,])(\d{1,3}(?:[. ]\d{3})*|\d+),(\d\d) (?:€|EUR\b|euro\b)", _it_money),
    rule("date", r"(?<![\w.,])(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?![\w])", _it_date),
    dotted("Italian", "punto"),
    _telephone("Italian", r"(?<![\w.,+])(?<!\+\d\d )3\d{2} \d{6,7}(?![\w.,]\d|\w)"),
    rule("full hour", r"(?<![\d:.,])([01]?\d|2[0-3]):00(?![\d:])", lambda m: cardinal(int(m[1]), "Italian")),
    rule("square metres", rf"({_NUMBER}) ?m²", lambda m: f"{m[1]} metr{'o quadrato' if m[1] == '1' else 'i quadrati'}"),
    rule("fraction", r"(?<![\w.,/])(\d{1,3})/(\d{1,3})(?![\w/]|,\d)", _it_fraction),
    rule("for each", r" ?€/(?=mese|giorno)", " euro al "),
    _data("Italian", ""),
    ranges("Italian", "a"),
    rule(
        "one of something",
        r"(?<![\w.,/:-])1 (?!eur\b|milion|miliard|gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre)([a-zàèéìòù]{3,})\b",
        _it_one,
    ),
    rule("range", r"(?<=\d) ?[–—] ?(?=\d)", " a "),
)
