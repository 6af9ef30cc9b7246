"""English: what the grammar gets wrong."""

from __future__ import annotations

import re

from makima.text.grammar.library import read
from makima.text.written.rule import Rule, rule
from makima.text.written.words import cardinal, decimal, digits

_MAGNITUDES = {
    "k": "thousand",
    "m": "million",
    "mn": "million",
    "b": "billion",
    "bn": "billion",
    "t": "trillion",
    "tn": "trillion",
}
_COUNTRIES = {
    "US": "US",
    "HK": "Hong Kong",
    "C": "Canadian",
    "CA": "Canadian",
    "CAD": "Canadian",
    "A": "Australian",
    "AU": "Australian",
    "NZ": "New Zealand",
    "S": "Singapore",
    "SG": "Singapore",
    "NT": "New Taiwan",
    "MX": "Mexican",
}
_CURRENCIES = {
    "₹": ("rupee", "rupees"),
    "₽": ("ruble", "rubles"),
    "₺": ("lira", "lira"),
    "₴": ("hryvnia", "hryvnias"),
    "₫": ("dong", "dong"),
    "₱": ("peso", "pesos"),
    "₪": ("shekel", "shekels"),
    "฿": ("baht", "baht"),
    "₦": ("naira", "naira"),
    "R$": ("real", "reais"),
}
_DATA = {"K": "kilo", "k": "kilo", "M": "mega", "G": "giga", "T": "tera", "P": "peta"}
_BOOKS = frozenset(
    f"{name} "
    for name in (
        *("Genesis", "Exodus", "Leviticus", "Numbers", "Deuteronomy", "Joshua", "Judges", "Ruth", "Samuel", "Kings"),
        *("Chronicles", "Ezra", "Nehemiah", "Esther", "Job", "Psalm", "Psalms", "Proverbs", "Ecclesiastes", "Isaiah"),
        *(
            "Jeremiah",
            "Ezekiel",
            "Daniel",
            "Hosea",
            "Joel",
            "Amos",
            "Matthew",
            "Mark",
            "Luke",
            "John",
            "Acts",
            "Romans",
        ),
        *("Corinthians", "Galatians", "Ephesians", "Philippians", "Colossians", "Hebrews", "James", "Peter"),
        *("Revelation", "Sura", "Surah"),
    )
)
_NUMBER = r"\d{1,3}(?:,\d{2,3})+(?:\.\d+)?|\d+(?:\.\d+)?"


def _number(text: str) -> str:
    return decimal(text.replace(",", ""), "English")


def _grouped(match: re.Match[str]) -> str:
    """Spaces group digits only where nothing else can be meant: three groups, or groups of noughts."""
    groups = match.group().split(" ")
    if len(groups) > 2 or all(group == "000" for group in groups[1:]):
        return ",".join(groups)
    return match.group()


def _magnitude(match: re.Match[str]) -> str:
    return f"{match[1]} {_MAGNITUDES[match[2].lower()]}"


def _foreign_dollars(match: re.Match[str]) -> str:
    spoken = read(f"${match[2]}", "English")
    return re.sub(r"\b(dollars?)\b", rf"{_COUNTRIES[match[1]]} \1", spoken)


def _rare_currency(match: re.Match[str]) -> str:
    symbol, number, scale = match["sign"], match["number"], match["scale"]
    one, many = _CURRENCIES[symbol]
    words = _number(number) + (f" {scale.strip()}" if scale else "")
    return f"{words} {one if number == '1' and not scale else many}"


def _pairs(match: re.Match[str]) -> str:
    """`720p` by its hundreds, as screens are spoken of."""
    high, low = divmod(int(match[1]), 100)
    if not low:
        return f"{cardinal(int(match[1]), 'English')} p"
    return f"{cardinal(high, 'English')} {'oh ' if low < 10 else ''}{cardinal(low, 'English')} p"


def _seconds(match: re.Match[str]) -> str:
    return f"{match[1]} second{'' if match[1] == '1' else 's'}"


_UNITS = {"g": "gram", "h": "hour", "l": "liter", "L": "liter"}


def _short_unit(match: re.Match[str]) -> str:
    return f"{match[1]} {_UNITS[match[2]]}{'' if match[1] == '1' else 's'}"


_VERSION = re.compile(r"(?:[Vv]ersion|[Rr]elease|[Bb]uild|[Uu]pdate|[Ss]ection|[Cc]lause|[Ff]irmware)s? $")


def _version(match: re.Match[str]) -> str:
    parts = match["parts"].split(".")
    # Longer parts make a telephone number or a date, which the grammar knows.
    if not match["v"] and max(map(len, parts)) > 2 and len(parts) != 4:
        return match.group()
    before = match.string[: match.start()]
    if len(parts) == 4 and not match["v"] and all(int(part) < 256 for part in parts) and not _VERSION.search(before):
        return " dot ".join(digits(part, "English") for part in parts)
    if len(parts) == 4 and not match["v"] and max(map(len, parts)) > 2 and not re.search(r"[A-Za-z] $", before):
        return match.group()
    words = " point ".join(
        digits(part, "English") if len(part) > 2 else cardinal(int(part), "English") for part in parts
    )
    return f"{match['v'].strip()} {words}" if match["v"] else words


def _verse(match: re.Match[str]) -> str:
    chapter, verse = int(match["chapter"]), int(match["verse"])
    if chapter < 24 and len(match["verse"]) == 2 and verse < 60 and match["book"] not in _BOOKS:
        return match.group()
    return f"{match['book'] or ''}{cardinal(chapter, 'English')} {cardinal(verse, 'English')}"


def _data(match: re.Match[str]) -> str:
    number = match[1]
    unit = f"{_DATA[match[2]]}{'byte' if match[3] == 'B' else 'bit'}{'' if number == '1' else 's'}"
    return f"{_number(number)} {unit}{' per second' if match[4] else ''}"


def _digit_groups(match: re.Match[str]) -> str:
    return ", ".join(digits(group, "English") for group in re.findall(r"\d+", match.group()))


def _feet(match: re.Match[str]) -> str:
    return f"{cardinal(int(match[1]), 'English')} feet {cardinal(int(match[2]), 'English')}"


_COUNTED = r"(?= ?(?:[a-z]{2,}s\b|%|people|men|women|children|km|kg|cm|mm|GB|MB|m\b|kilo|°))"
_SIGN_WORDS = {
    "≥": "greater than or equal to",
    "≤": "less than or equal to",
    "±": "plus or minus",
    "≈": "approximately",
    "≠": "not equal to",
}


def _range(match: re.Match[str]) -> str:
    return f"{match[1]} to " if int(match[1]) < int(match[2]) else match.group()


_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}


def _roman(match: re.Match[str]) -> str:
    values = [_ROMAN[letter] for letter in match[2]]
    value = sum(-one if one < after else one for one, after in zip(values, [*values[1:], 0], strict=True))
    return f"{match[1]} {cardinal(value, 'English')}"


RULES: tuple[Rule, ...] = (
    rule(
        "roman numerals",
        r"\b((?i:chapter|part|act|scene|volume|section|book|phase|world war|type|appendix))[ ]([IVXLC]{1,7})\b(?!['’.]\w)",
        _roman,
    ),
    rule("range of what is counted", rf"(?<![\w.,/:+()-])(\d{{1,4}})-(?=(\d{{1,4}}){_COUNTED})", _range),
    rule("signs", r" ?([≥≤±≈≠]) ?", lambda m: f" {_SIGN_WORDS[m[1]]} "),
    rule("all day", r"(?<![\w/])24/7(?![\w/])", "twenty four seven"),
    rule("a day in September", r"(?<![\w/])9/11(?![\w/])", "nine eleven"),
    rule("number sign", r"(?<![\w#])#(?=\d)|\b[Nn]o\. ?(?=\d)|№ ?(?=\d)", "number "),
    rule("about", r"(?<!\w)[~≈] ?(?=[\d$£€])", "about "),
    rule("times", r"(?<=\d) ?[*×·] ?(?=\d)", " times "),
    rule("power", r"(?<=\d)\^(?=\d)", " to the power of "),
    rule("equals", r"(?<=[A-Za-z]) ?= ?(?=[\w(])", " equals "),
    rule(
        "number to call",
        r"\b([Cc]all|[Dd]ial|[Tt]ext|[Rr]ing)( |ing )(\d{3})(?![\w.,-]\d|\d)",
        lambda m: f"{m[1]}{m[2]}{digits(m[3], 'English')}",
    ),
    rule("feet and inches", r"(?<![\w.,])(\d)['’′] ?(\d{1,2})(?:[\"”″]|'')", _feet),
    rule(
        "range of money",
        r"([$£€])(\d+(?:\.\d+)?) ?[–—-] ?[$£€]?(?=\d+(?:\.\d+)? ?(?:[mb]illion|thousand|k\b|[mb]n?\b))",
        r"\2 to \1",
    ),
    rule("kilometers an hour", rf"(?<![\w.,])({_NUMBER}) ?km/h\b", r"\1 kilometers per hour"),
    rule("short units", rf"(?<![\w.,$£€¥])({_NUMBER})([gh]|[lL])(?![\w/'])", _short_unit),
    rule("decimal comma before money", r"([€£])(\d+),(\d\d)(?![\d,])", r"\1\2.\3"),
    rule("groups by spaces", r"(?<![\w.,:/-])[1-9]\d{0,2}(?: \d{3})+(?![\w:/-]|[.,]\d)", _grouped),
    rule("groups by dots", r"(?<![\w.,])\d{1,3}(?:\.\d{3}){2,}(?![\w.]|,\d)", lambda m: m[0].replace(".", ",")),
    rule("decimal comma of money", r"(?<![\w.,])(\d+),(\d\d) ?([€£])", r"\3\1.\2"),
    rule("currency behind", r"(?<![\w.,$€£¥])(\d[\d,]*(?:\.\d+)?) ?([€£$])(?![\d\w])", r"\2\1"),
    rule("minus before money", r"(?<![\w)\]%])-(?=(?:US|HK|CA?|AU?|NZ|SG?)?[$£€¥₹]\d)", "minus "),
    rule("cents", r"(?<![\w.,])(\d+) ?¢", lambda m: f"{m[1]} cent{'' if m[1] == '1' else 's'}"),
    rule("magnitude of money", r"(?<=[$£€¥₹])(\d[\d,]*(?:\.\d+)?) ?([kK]|[mM]n?|[bB]n?|tn|T)\b(?!\.)", _magnitude),
    rule("list of numbers", r"(?<![\w.,])\d{1,2}(?:,\d{1,2}){2,}(?![\w,]|\.\d)", lambda m: m[0].replace(",", ", ")),
    rule(
        "foreign dollars",
        rf"\b(US|HK|CAD?|C|AU?|NZ|SG?|NT|MX)\$ ?((?:{_NUMBER})(?: (?:thousand|[mb]illion|trillion))?)",
        _foreign_dollars,
    ),
    rule(
        "rare currencies",
        rf"(?P<sign>[₹₽₺₴₫₱₪฿₦]|\bR\$) ?(?P<number>{_NUMBER})(?P<scale> (?:thousand|lakh|crore|[mb]illion|trillion))?",
        _rare_currency,
    ),
    rule(
        "rare currencies behind",
        rf"(?<![\w.,])(?P<number>{_NUMBER})(?P<scale>) ?(?P<sign>[₹₽₺₴₫₱₪฿₦])",
        _rare_currency,
    ),
    rule("millions", r"(?<![\w.,$£€¥])(\d[\d,]*(?:\.\d+)?)(M|[Bb]n|[Mm]n|(?<=\.\d)B)(?![\w/²³])", _magnitude),
    rule("metres", rf"(?<![\w.,$£€¥])({_NUMBER})m(?![\w²³/'])", lambda m: f"{m[1]} meter{'' if m[1] == '1' else 's'}"),
    rule(
        "seconds",
        r"(?<![\w.,$£€¥'’-])(?<!the )(?<!his )(?<!her )(?<!my )(?<!in )(\d{1,3})s(?![\w'/])(?! (?:music|hits|kids?|fashion|style|movies?|films?|era|rock|pop|shows?|songs?|nostalgia))",
        _seconds,
    ),
    rule("lines of a screen", r"(?<![\w.,])(\d{3,4})p(?![\w/])", _pairs),
    rule("range of percents", r"(?<=\d) ?% ?[-–—] ?(?=\d[\d.,]* ?%)", " percent to "),
    rule("range", r"(?<=\d) ?[–—] ?(?=\d)", " to "),
    rule("long identifiers", r"(?<![\w.,-])\d{4}(?:[- ]\d{4}){2,}(?![\w-])", _digit_groups),
    rule(
        "versions", r"(?<![\w.,-])(?P<v>[vV](?:ersion )? ?)?(?P<parts>\d{1,4}(?:\.\d{1,4}){2,})(?![\w-]|\.\d)", _version
    ),
    rule(
        "verses",
        r"(?P<book>\b[A-Z][a-z]+ )?(?<![\d:.,/])\b(?P<chapter>\d{1,3}):(?P<verse>\d{1,3})(?![\d:]|\.\d)(?! ?[ap]\.?m)",
        _verse,
    ),
    rule("amounts of data", rf"(?<![\w.,$£€¥])({_NUMBER}) ?([KkMGTP])([Bb])(/s|ps)?(?![\w/])", _data),
)
