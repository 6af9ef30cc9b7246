"""German alone: ordinals at the end of a sentence, compounds, scores, years, telephones and streets."""

from __future__ import annotations

import re

from makima.text.written.kinds.extra import german_cases
from makima.text.written.kinds.extra.common import faster, number_list, version_at_the_end
from makima.text.written.languages.german import year as german_year
from makima.text.written.rule import Rule, rule
from makima.text.written.words import cardinal, digits, ordinal


def _german_days(match: re.Match[str]) -> str:
    first, last = (re.sub("^(?=hundert|tausend)", "ein", ordinal(int(match[n]), "German")) for n in (2, 4))
    return f"{match[1]} {first}n {match[3]} {last}n"


def _german_joined(match: re.Match[str]) -> str:
    return f"{cardinal(int(match[1]), 'German').removesuffix('s') if match[1] == '1' else cardinal(int(match[1]), 'German')}{match[2]}"


_OF_THIS = {"M": "Monats", "J": "Jahres"}
_FLOORS = {"OG": "Ober", "UG": "Unter", "DG": "Dach"}
_WEEKDAYS = {
    "Mo": "Montag",
    "Di": "Dienstag",
    "Mi": "Mittwoch",
    "Do": "Donnerstag",
    "Fr": "Freitag",
    "Sa": "Samstag",
    "So": "Sonntag",
}
_ORDINAL_FOLLOWS = re.compile(
    r"\b(?:am|im|vom|zum|zur|beim|den|dem|des|der|die|das|jede[mnr]|und der|und die)$", re.IGNORECASE
)


_GERMAN_CODE = re.compile(r"(?:PIN|[Cc]ode|PLZ|[Pp]asswort|[Nn]ummer|Konto)(?: ist| lautet|:)?$")


def _german_end(match: re.Match[str]) -> str:
    """A number that ends a sentence counts; the point behind it makes no ordinal of it, unless an article asks for it."""
    before = match.string[: match.start()].rstrip()
    if len(match[1]) > 3 and _GERMAN_CODE.search(before):
        return match.group()
    if not re.search(r"\w", before) or _ORDINAL_FOLLOWS.search(before):
        return match.group()
    value = int(match[1])
    said = german_year(value) if 1100 <= value < 2000 else cardinal(value, "German")
    return f"{said}{match[2]}"


_UNIT_OF_A_COMPOUND = {
    "m": "Meter", "km": "Kilometer", "cm": "Zentimeter", "mm": "Millimeter", "kg": "Kilo", "g": "Gramm", "l": "Liter",
    "ml": "Milliliter", "W": "Watt", "kW": "Kilowatt", "V": "Volt", "Hz": "Hertz", "GB": "Gigabyte", "MB": "Megabyte",
    "TB": "Terabyte", "€": "Euro", "%": "Prozent",
}  # fmt: skip


def _german_compound(match: re.Match[str]) -> str:
    return f"{cardinal(int(match[1]), 'German').removeprefix('ein' if match[1] in ('100', '1000') else '-')}-{_UNIT_OF_A_COMPOUND[match[2]]}-"


GERMAN: tuple[Rule, ...] = (
    number_list("German"),
    rule(
        "year before a grouped number",
        r"(?<![\w.,])(1[1-9]\d\d|20\d\d) (?=\d{1,3}(?: \d{3})+(?!\d))",
        lambda m: f"{german_year(int(m[1]))} ",
    ),
    version_at_the_end("German", "Punkt"),
    rule(
        "sign of a compound",
        r"(?<!\w)([A-Z][A-Za-z]?)(\d{1,3})(?=-[A-ZÄÖÜ][a-zäöü])",
        lambda m: f"{m[1]} {cardinal(int(m[2]), 'German')}",
    ),
    rule(
        "letter and number at the end",
        r"(?<![\w-])([A-Z]{1,5})(\d{1,3})(?=\.$)",
        lambda m: f"{m[1]} {cardinal(int(m[2]), 'German')}",
    ),
    rule(
        "groups by spaces",
        r"(?<![\w.,/:-])(?<!\d )([1-9]\d?(?: \d{3})+|[1-9]\d\d(?: 000)+|[1-9]\d\d(?: \d{3}){2,})(?![\w:/-]|[.,]\d| \d| ?[€$£%°])(?! (?:km|kg|m|g|l)\b)",
        lambda m: cardinal(int(m[1].replace(" ", "")), "German"),
    ),
    rule(
        "number of a bill",
        r"(?<=Nummer )(\d{2,6})-(\d{2,6})(?![\w-])",
        lambda m: f"{digits(m[1], 'German')}, {digits(m[2], 'German')}",
    ),
    rule("full euros", r"(?<=\d),[-–—]{1,2} ?(?=€|EUR|Euro|Fr|CHF)", " "),
    *german_cases.RULES,
    rule("year in brackets", r"(?<=\w \()(1[1-9]\d\d)(?=\))", lambda m: german_year(int(m[1]))),
    rule(
        "year at the start",
        r"^(1[1-9]\d\d) (?=(?:wurde|war|starb|gab|kam|ging|begann|endete|entstand|fand|brach|zog|gewann|verlor|hatte|erschien|erhielt|gründete|heiratete|bis|schrieb|wurden|waren|kamen|lebten|eröffnete|fiel|schloss|übernahm)\b)",
        lambda m: f"{german_year(int(m[1]))} ",
    ),
    rule(
        "times from to",
        r"\b([Vv]on|[Zz]wischen|[Aa]b) (\d{1,2})\.([0-5]\d) (bis|und) (?=\d{1,2}[.:][0-5]\d Uhr)",
        r"\1 \2:\3 \4 ",
    ),
    rule("time of day", r"\b([Uu]m|[Gg]egen) ([01]?\d|2[0-4])\.([0-5]\d)(?![\w%€]|[.,]\d| ?(?:%|€|Uhr))", r"\1 \2:\3"),
    rule("full hour", r"\b([Aa]b|[Bb]is) ([01]?\d|2[0-4])\.00(?![\w%€]|[.,]\d| ?(?:%|€|Uhr))", r"\1 \2:00"),
    rule("full euros", r"(?<=\d)\.[-–—]{1,2} ?(?=€|EUR|Euro|Fr|CHF)", " "),
    rule("times", r"(?<![\w.,])(\d{1,3}) ?[x×] (?=so |am |pro |im |in der |die |täglich)", r"\1 mal "),
    rule("and following", r"(?<=\d) ?ff?\.(?=[ ,;)]|$)", lambda m: " folgende"),
    rule("of this month", r"(?<=\d\. )d\. ?([MJ])\.", lambda m: f"dieses {_OF_THIS[m[1]]}"),
    rule(
        "telephone in pairs",
        r"(?<![\w.,])(?<!\d )\(?0\d{2,5}\)?(?: ?[/-] ?| )\d{2,4}(?:[ -]\d{2,4}){1,4}(?![\w/-]|[.,]\d)",
        lambda m: ", ".join(digits(g, "German") for g in re.findall("[0-9]+", m[0])),
    ),
    rule("floor", r"(?<=\d\. )(OG|UG|DG)(?!\w)", lambda m: f"{_FLOORS[m[1]]}geschoss"),
    rule("first floor", r"(?<=\bim )EG(?!\w)", "Erdgeschoss"),
    rule(
        "weekday of hours",
        r"(?<![\w-])(Mo|Di|Mi|Do|Fr|Sa|(?<=, )So),? (?=\d{1,2}(?:[:.]\d\d)? ?(?:[–-]|bis|Uhr))",
        lambda m: f"{_WEEKDAYS[m[1]]} ",
    ),
    rule(
        "place of someone",
        r"\b((?:[Ww]urde|[Ww]ird|[Ww]erden|[Bb]in|[Ii]st|[Ww]ar|[Aa]ls) )(\d{1,3})\.(?= [a-zäöü])",
        lambda m: f"{m[1]}{ordinal(int(m[2]), 'German')}r",
    ),
    rule(
        "compound of a unit",
        rf"(?<![\w.,-])(\d{{1,4}})-({'|'.join(_UNIT_OF_A_COMPOUND)})-(?=[A-ZÄÖÜ])",
        _german_compound,
    ),
    rule(
        "telephone at the end",
        r"(?<![\w.])\+49(?: \(?\d{2,8}\)?){2,5}(?=[.!?,;)])",
        lambda m: f"plus {', '.join(digits(g, 'German') for g in re.findall('[0-9]+', m[0]))}",
    ),
    rule(
        "two days",
        r"\b([Aa]m|[Ii]m|[Vv]om|[Zz]um|[Zz]ur|[Aa]b|[Bb]is|[Ss]eit|(?:[Ii]n|[Mm]it|[Vv]on|[Bb]ei|[Nn]ach|[Zz]u) (?:der|dem|den)) (\d{1,2})\. (und|oder|bis|bis zum) (\d{1,2})\.(?= [A-ZÄÖÜ])",
        _german_days,
    ),
    rule("joined", r"(?<![\w.,-])(\d{1,4})-([a-zäöüß]{3,})(?![\w-])", _german_joined),
    rule(
        "compound",
        r"(?<![\w.,-])(\d{1,4})-(?=[A-ZÄÖÜ][\w-]{2,})",
        lambda m: (
            f"{cardinal(int(m[1]), 'German').removesuffix('s') if m[1] == '1' else cardinal(int(m[1]), 'German')}-"
        ),
    ),
    rule("of a hundred kilometers", r"(?<=\d) ?l/100 ?km\b", " Liter auf 100 Kilometer"),
    rule("kilometer of a road", r"(?<!\w)(?<!\d )km (?=\d)", "Kilometer "),
    rule(
        "hour of a day",
        r"\b([Uu]m|[Aa]b|[Bb]is|[Gg]egen) ([01]?\d|2[0-4]) ?h(?: ?([0-5]\d))?(?!\w)",
        lambda m: f"{m[1]} {m[2]}:{m[3] or '00'} Uhr",
    ),
    rule(
        "and a half",
        r"(?<![\w.,/])(\d{1,3}) 1/2 (?=[A-ZÄÖÜ])",
        lambda m: (
            f"{cardinal(int(m[1]), 'German').removesuffix('s') if m[1] == '1' else cardinal(int(m[1]), 'German')}einhalb "
        ),
    ),
    rule("post code", r"(?<=, )(0\d{4}|[1-9]\d{4})(?= [A-ZÄÖÜ][a-zäöüß]{2,})", lambda m: digits(m[1], "German")),
    rule("street", r"(?<=[a-zäöüß])str\. ?(?=\d)", "straße "),
    rule("street", r"(?<!\w)Str\. ?(?=\d)", "Straße "),
    rule("world war", r"(?<!\w)(II?)\. (?=Weltkrieg)", lambda m: {"I": "Erste ", "II": "Zweite "}[m[1]]),
    rule("years old", r"(?<=\d) ?J\.(?=[,;)]| [a-zäöü]|$)", " Jahre"),
    rule(
        "score",
        r"(?<=(?:[Ee]rgebnis|[Ss]core|[Ss]tand|gewann|verlor|siegte|endete)\b[^.;!?]{0,30} )(\d{1,3}):(\d{2,3})(?![\w:]| Uhr)",
        lambda m: f"{cardinal(int(m[1]), 'German')} zu {cardinal(int(m[2]), 'German')}",
    ),
    rule("at most", r"(?<!\w)(?<!\d )[Mm]ax\. ?(?=\d)", "maximal "),
    rule("at least", r"(?<!\w)(?<!\d )[Mm]in\. ?(?=\d)", "mindestens "),
    rule("spoons", r"(?<=[\d½¼¾] |halb )(TL|EL)(?!\w)", lambda m: {"TL": "Teelöffel", "EL": "Esslöffel"}[m[1]]),
    rule(
        "year by itself",
        r"(?<=\w )(?<![A-Z] )(?<![.,:/-] )(1[1-9]\d\d)(?=[,;.!?)]?(?:$| [a-zäöü(]|[,;.!?)] ))(?! (?:km|kg|m|cm|mm|g|l|mal|bis)\b)",
        lambda m: german_year(int(m[1])),
    ),
    rule("number at the end", r"(?<![\w.,:/–—-])(?<!\d )([1-9]\d{0,8}|0)(\.[\"“”»«)]*)$", _german_end),
    faster("schneller|mehr|größer|besser|langsamer|höher|stärker|billiger|teurer", "mal"),
    rule("two days", r"(?<![\w.,])(\d{1,2})\./(\d{1,2})\. (?=[JFMASOND][a-zä]+)", r"\1. und \2. "),
    rule(
        "date with a short year",
        r"(?<![\w./-])(\d{1,2}\.\d{1,2}\.)(\d\d)(?![\w./-]|,\d)",
        lambda m: f"{m[1]}{'19' if int(m[2]) > 49 else '20'}{m[2]}",
    ),
    rule("hours", r"(?<![\w.,])(\d{1,2})-(\d{1,2})(?= ?Uhr)", r"\1 bis \2"),
)
