"""German: ordinals by what stands before them, years by hundreds, money, and points that part no date."""

from __future__ import annotations

import re

from makima.text.written.languages.shared import ranges
from makima.text.written.rule import Rule, rule
from makima.text.written.words import cardinal, decimal, digits, ordinal, plain

_MONTHS = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November"),
    "Dezember",
)
_MONTH = "|".join((*_MONTHS, "Jänner", "Jan", "Feb", "Mär", "Apr", "Jun", "Jul", "Aug", "Sept?", "Okt", "Nov", "Dez"))
_SHORT = {name[:3]: name for name in _MONTHS}
_TO_N = (
    r"(?:[Ii]n|[Mm]it|[Vv]on|[Bb]ei|[Aa]us|[Nn]ach|[Aa]n|[Aa]uf|[Ss]eit|[Uu]nter|[Vv]or|[Ww]ährend|[Zz]u) der|"
    r"[Aa]m|[Ii]m|[Vv]om|[Zz]um|[Zz]ur|[Bb]eim|[Dd]en|[Dd]em|[Dd]es|[Bb]is|[Ss]eit|[Aa]b|[Ee]ine[mnrs]|"
    r"[Dd]iese[mns]|[Jj]ede[mns]|(?:[Ii]n|[Mm]it|[Vv]on|[Bb]ei|[Aa]us|[Nn]ach|[Zz]u) (?:dies|jed)er|[Mm]eine[mnrs]|[Ii]hre[mnrs]|[Ss]eine[mnrs]|[Uu]nsere[mnrs]|[Aa]lle[nr]?|[Vv]on"
)
_TO_E = r"[Dd]er|[Dd]ie|[Dd]as|[Ee]ine|[Dd]iese[rs]?|[Jj]ede[rs]?|[Mm]eine|[Ss]eine|[Ii]hre"
_NUMBER = r"\d{1,3}(?:[. ]\d{3})+(?:,\d+)?|\d+(?:,\d+)?"
_CURRENCIES = {
    "€": "Euro",
    "EUR": "Euro",
    "Euro": "Euro",
    "$": "Dollar",
    "£": "Pfund",
    "CHF": "Franken",
    "¥": "Yen",
    "₽": "Rubel",
}
_SIGN = "|".join(re.escape(sign) for sign in _CURRENCIES)
_SCALES = {"Mio": "Millionen", "Mrd": "Milliarden", "Tsd": "Tausend", "Bio": "Billionen"}
_SCALE = r"Mio\.?|Mrd\.?|Tsd\.?|Bio\.?|Millionen|Million|Milliarden|Milliarde|Billionen"


def year(value: int) -> str:
    """`value` as years are said: by hundreds from 1100 to 1999."""
    high, low = divmod(value, 100)
    if 11 <= high <= 19:
        return f"{cardinal(high, 'German')}hundert{cardinal(low, 'German') if low else ''}"
    return cardinal(value, "German")


def _ordinal(value: int, before: str | None) -> str:
    """`dritte` after the articles that end a word so, `dritten` after others, `dritter` by itself."""
    stem = re.sub("^(?=hundert|tausend)", "ein", ordinal(value, "German"))
    if before is None:
        return stem + "r"
    if re.fullmatch(_TO_N, before):
        return stem + "n"
    if re.fullmatch(_TO_E, before):
        return stem
    return stem + "r"


def _date(match: re.Match[str]) -> str:
    day, month, written = int(match["day"]), match["month"], match["year"]
    before = match["before"].strip() if match["before"] else None
    if not 1 <= day <= 31:
        return match.group()
    if month.isdecimal():
        if not 1 <= int(month) <= 12 or (not written and not match["point"]):
            return match.group()
        name = _MONTHS[int(month) - 1]
    else:
        name = _SHORT.get(month[:3], month) if month != "Jänner" else month
    words = f"{match['before'] or ''}{_ordinal(day, before)} {name}"
    return f"{words} {year(int(written))}" if written else words


def _place(match: re.Match[str]) -> str:
    return f"{match['before']}{_ordinal(int(match['number']), match['before'].strip())}"


def _lone_place(match: re.Match[str]) -> str:
    noun = match["noun"] if "noun" in match.re.groupindex else ""
    said = _ordinal(int(match[1]), None)
    if _NEUTER.search(noun):
        return said[:-1] + "s"
    return said[:-1] if noun and article(noun) == "eine" else said


def _money(match: re.Match[str]) -> str:
    sign, scale, value = _CURRENCIES[match["sign"]], match["scale"], plain(match["number"], "German")
    if scale:
        return f"{_amount(value)} {_SCALES.get(scale.rstrip('.'), scale)} {sign}"
    whole, _, cents = value.partition(".")
    if len(cents) == 2:
        if int(whole) == 0:
            return f"{_amount(str(int(cents)))} Cent" if sign in ("Euro", "Dollar") else f"{_amount(value)} {sign}"
        return f"{_amount(whole)} {sign} {cardinal(int(cents), 'German') if int(cents) else ''}".strip()
    return f"{_amount(value)} {sign}"


def _amount(value: str) -> str:
    return "ein" if value == "1" else decimal(value, "German")


def _scaled(match: re.Match[str]) -> str:
    value, scale = plain(match[1], "German"), _SCALES[match[2]]
    if value == "1" and scale != "Tausend":
        return f"eine {scale.removesuffix('en') if scale.endswith('onen') else scale.removesuffix('n')}"
    return f"{_amount(value)} {scale}"


def _with_points(match: re.Match[str]) -> str:
    words = (
        digits(part, "German") if part.startswith("0") else cardinal(int(part), "German")
        for part in match[0].split(".")
    )
    return " Punkt ".join(words)


def _year(match: re.Match[str]) -> str:
    return f"{match[1]} {year(int(match[2]))}"


def _minutes(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    hours = "ein" if hour == 1 else cardinal(hour, "German")
    return f"{hours} Uhr{' ' + cardinal(minute, 'German') if minute else ''}"


def _years(match: re.Match[str]) -> str:
    first, last = int(match[1]), int(match[2])
    return f"{year(first)} bis {year(last)}" if first < last else match.group()


_YEAR = r"1[1-9]\d\d|20\d\d"
_YEAR_BEFORE = (
    *(
        "Jahr",
        "Jahre",
        "Jahren",
        "Jahres",
        "Anno",
        "Seit",
        "seit",
        "Ab",
        "ab",
        "Bis",
        "bis",
        "Von",
        "von",
        "Vor",
        "vor",
    ),
    *("Nach", "nach", "Sommer", "Winter", "Herbst", "Frühjahr", "Frühling", "Ende", "Anfang", "Mitte", *_MONTHS),
)

_FEMININE = re.compile(r"(?:e|ung|heit|keit|schaft|ion|tät|ei|ik|ur|Person|Stadt|Zahl|Frau|Nacht|Uhr)$")
_NEUTER = re.compile(
    r"(?:geschoss|haus|[Kk]apitel|[Jj]ahr|[Jj]ahrhundert|[Qq]uartal|[Ss]emester|[Vv]iertel|[Mm]al|[Bb]uch|[Tt]or|[Ss]piel|[Ll]ied|[Bb]ild|[Kk]ind|[Ll]ebensjahr|[Zz]immer)$"
)
_NOT_FEMININE = frozenset(
    ("Name", "Junge", "Kunde", "Käse", "Ende", "Auge", "Gebäude", "Kollege", "Buchstabe", "Gedanke")
)
_UNITS = {
    "Std": ("Stunde", "Stunden"),
    "Min": ("Minute", "Minuten"),
    "Sek": ("Sekunde", "Sekunden"),
    "h": ("Stunde", "Stunden"),
    "min": ("Minute", "Minuten"),
    "s": ("Sekunde", "Sekunden"),
    "ms": ("Millisekunde", "Millisekunden"),
    "KB": ("Kilobyte", "Kilobyte"),
    "MB": ("Megabyte", "Megabyte"),
    "GB": ("Gigabyte", "Gigabyte"),
    "TB": ("Terabyte", "Terabyte"),
    "GHz": ("Gigahertz", "Gigahertz"),
    "MHz": ("Megahertz", "Megahertz"),
    "km": ("Kilometer", "Kilometer"),
}


def article(noun: str) -> str:
    """The indefinite article of `noun`, guessed by its ending."""
    return "eine" if _FEMININE.search(noun) and noun not in _NOT_FEMININE else "ein"


def _one(match: re.Match[str]) -> str:
    return f"{article(match[1])} {match[1]}"


def _decade(match: re.Match[str]) -> str:
    value = int(match[1])
    return f"{year(value) if value > 100 else cardinal(value, 'German')}er{match[2]}"


def _grouped(match: re.Match[str]) -> str:
    return decimal(plain(match[0], "German"), "German")


def _shortened(match: re.Match[str]) -> str:
    one, many = _UNITS[match[2].rstrip(".")]
    value = plain(match[1], "German")
    if value == "1":
        return f"{'eine' if one.endswith(('unde', 'ute')) else 'ein'} {one}"
    return f"{decimal(value, 'German')} {many}"


def _ratio(match: re.Match[str]) -> str:
    return f"{cardinal(int(match[1]), 'German')} zu {cardinal(int(match[2]), 'German')}"


def _telephone(match: re.Match[str]) -> str:
    return ", ".join(digits(group, "German") for group in re.findall(r"\d+", match[0]))


def _from_abroad(match: re.Match[str]) -> str:
    groups = re.findall(r"\d+", match[0].replace("(0)", " "))
    return "plus " + ", ".join(digits(group, "German") for group in groups)


def _iso_date(match: re.Match[str]) -> str:
    day, month = int(match["day"]), int(match["month"])
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return match.group()
    before = match["before"] or ""
    return f"{before}{_ordinal(day, before.strip() or None)} {_MONTHS[month - 1]} {year(int(match['year']))}"


RULES: tuple[Rule, ...] = (
    rule(
        "date in figures",
        rf"(?P<before>\b(?:{_TO_N}|{_TO_E}) )?(?<![\w./-])(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)(?![\w-])",
        _iso_date,
    ),
    ranges("German", "bis"),
    rule("range", r"(?<=\d) ?[–—] ?(?=\d)", " bis "),
    rule("paragraph", r"§§? ?(?=\d)", "Paragraf "),
    rule("number", r"№ ?(?=\d)", "Nummer "),
    rule(
        "telephone",
        r"(?<![\w.,])(?<!\) )\(?0\d{2,5}\)?[/ -]\d{3,9}(?:[ -]?\d{2,8}){0,3}(?![\w.,/-]\d|\w|-)",
        _telephone,
    ),
    rule(
        "telephone with a nought",
        r"(?<![\w.,])\+49 ?\(0\)[ -]?\d{2,5}[/ -]\d{3,9}(?: ?\d{2,6}){0,3}(?!\w)",
        _from_abroad,
    ),
    rule("decade", r"(?<![\w.,])(\d0|1[1-9]\d0|20\d0)er(n?)(?!\w)", _decade),
    rule(
        "date",
        rf"(?P<before>\b(?:{_TO_N}|{_TO_E}) )?(?<![\d.,])\b(?P<day>\d{{1,2}})\. ?(?:(?P<month>\d{{1,2}}(?=\.)|{_MONTH})(?P<point>\.)?)"
        rf"(?: ?(?P<year>\d{{4}})\b)?(?!\d|,\d|\w)",
        _date,
    ),
    rule(
        "money",
        rf"(?<![\w.,])(?P<number>{_NUMBER})(?: ?(?P<scale>{_SCALE}))? ?(?P<sign>{_SIGN})(?![\w/])",
        _money,
    ),
    rule(
        "grouped",
        r"(?<![\w.,/:])\d{1,3}(?:\.\d{3})+(?:,\d+)?(?![\w.,/:%€$]\d|\w| ?[€$£%²³°/])(?! (?:Uhr|km|kg|m|cm|mm|g|l)\b)",
        _grouped,
    ),
    rule("scale", rf"(?<![\w.,])({_NUMBER}) ?(Mio|Mrd|Tsd|Bio)\b\.?", _scaled),
    rule("time", r"(?<![\d.,:])([01]?\d|2[0-4])[.:]([0-5]\d) ?(?:Uhr|h)\b", _minutes),
    rule("time with a colon", r"(?<![\d.,:])([01]?\d|2[0-4]):([0-5]\d)(?![\d:])", _minutes),
    rule(
        "version",
        r"(?<![\d.,:/@\w-])(?:\d{1,4}\.\d{1,2}|\d{1,3}(?:\.\d{1,2}){2})(?![\d./]|,\d|\w|\. ?\d| ?Uhr)",
        _with_points,
    ),
    rule(
        "short units",
        rf"(?<![\w.,])({_NUMBER}) ?((?:Std|Min|Sek)\.?|KB|MB|GB|TB|GHz|MHz|ms|min|h|s|km)(?![\w/²³])",
        _shortened,
    ),
    rule("ratio", r"(?<![\w.,:])(\d{1,3}):(\d{1,3})(?![\w:]|,\d)", _ratio),
    rule(
        "place after a word",
        rf"(?P<before>\b(?:{_TO_N}|{_TO_E}) )(?P<number>\d{{1,7}})\.(?= ?[A-ZÄÖÜa-zäöü]|$)",
        _place,
    ),
    rule("place before a noun", r"(?<![\w.,])(\d{1,7})\.(?= (?P<noun>[A-ZÄÖÜ][a-zäöüß]+))", _lone_place),
    rule("place alone", r"^(\d{1,7})\.$", _lone_place),
    rule("years from to", rf"(?<![\w.,()/-])({_YEAR}) ?[-–] ?({_YEAR})\b(?![.,]\d|-)", _years),
    rule("year after a word", rf"\b({'|'.join(_YEAR_BEFORE)}) ({_YEAR})\b(?![.,]\d|\.? ?[€$£%])", _year),
    rule("one of something", r"(?<![\w.,/-])1 ([A-ZÄÖÜ][a-zäöüß]{2,})\b", _one),
    rule(
        "range of units",
        r"(?<![\d.,-])(\d+)-(?=\d+ ?(?:%|km|kg|m|cm|Uhr|Euro|Tage|Stunden|Minuten|Jahre)\b)",
        r"\1 bis ",
    ),
    rule(
        "large number",
        r"(?<![\w.,:/-])(?<!\d )[1-9]\d{3,8}(?![\w.:/%-]|,\d| ?[€$£%°²/]| \d| (?:km|kg|cm|mm|[mglth])\b)",
        lambda m: cardinal(int(m[0]), "German"),
    ),
)
