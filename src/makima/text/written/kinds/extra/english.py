"""English alone: decades, sizes, shares, hours with minutes, and what the grammar spells out."""

from __future__ import annotations

import re

from makima.text.written.rule import Rule, rule
from makima.text.written.words import cardinal, decimal, digits, ordinal

_TENS = ("", "tens", "twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties")

_MONEY = {"$": "dollars", "€": "euros", "£": "pounds", "¥": "yen"}


def _small_money(match: re.Match[str]) -> str:
    (one, many), small = _SMALL[match[1]]
    whole, cents = int(match[2].replace(",", "")), int(match[3])
    said = f"{cardinal(whole, 'English')} {one if whole == 1 else many}"
    return f"{said} {cardinal(cents, 'English')} {small}" if cents else said


_SMALL = {"₹": (("rupee", "rupees"), "paise"), "R$": (("real", "reais"), "centavos")}


def _decade(match: re.Match[str]) -> str:
    return f"twenty {_TENS[int(match[1][2])]}"


def _hours(match: re.Match[str]) -> str:
    hours, minutes = int(match[1]), int(match[2])
    return (
        f"{cardinal(hours, 'English')} hour{'' if hours == 1 else 's'} "
        f"{cardinal(minutes, 'English')} minute{'' if minutes == 1 else 's'}"
    )


def _decimal_k(match: re.Match[str]) -> str:
    return f"{cardinal(int(match[1]), 'English')} point {digits(match[2], 'English')} k"


def _feet(match: re.Match[str]) -> str:
    feet, inches = int(match[1]), int(match[2])
    return f"{cardinal(feet, 'English')} f{'oo' if feet == 1 else 'ee'}t {cardinal(inches, 'English')} inch{'' if inches == 1 else 'es'}"


def _same(match: re.Match[str]) -> str:
    return f"{cardinal(int(match[1]), 'English')} {cardinal(int(match[1]), 'English')}"


def _of_so_much(match: re.Match[str]) -> str:
    return f"{cardinal(int(match[1]), 'English')} point {digits(match[2], 'English')} slash "


RULES: tuple[Rule, ...] = (
    rule(
        "number in quotation marks",
        r"(?<![^\s(])\"(\d{1,2}|\d+\.\d+)\"(?!\w)",
        lambda m: f'"{decimal(m[1], "English")}"',
    ),
    rule(
        "number of an account",
        r"\b((?:[Aa]ccount|[Cc]ard|[Pp]olicy|[Ii]nvoice|[Rr]eference|[Rr]ef|[Mm]ember|[Tt]icket|[Bb]ooking|[Oo]rder|[Cc]ase)(?:,? (?:no\.?|number|#|num\.))?:? #?)(\d{3,6})-(\d{3,6})(?![\w-]|[.,]\d)",
        lambda m: f"{m[1].replace('no.', 'number')}{digits(m[2], 'English')}, {digits(m[3], 'English')}",
    ),
    rule("decade with a quotation mark", r"(?<!\w)[‘`](?=\d0s\b)", "'"),
    rule(
        "range of money",
        r"(?<=[$€£]\d{1,4}) ?[-–—] ?(?=[$€£]\d{1,6}(?![\w.,]|[.,]\d| (?:thousand|[mbtr]+illion)))",
        " to ",
    ),
    rule(
        "money of a thing",
        r"\b([Aa]n?) \$(\d{1,3}(?:,\d{3})*|\d+(?:\.\d)?)( (?:thousand|million|billion|trillion))?(?= [a-z]{3,}(?!\w)(?<!and)(?<!for)(?<!per)(?<!each))",
        lambda m: f"{m[1]} {decimal(m[2].replace(',', ''), 'English')}{m[3] or ''} dollar",
    ),
    rule(
        "rupees and paise",
        r"(₹|R\$) ?(\d{1,3}(?:,\d{2,3})*|\d+)\.(\d\d)(?!\d| (?:crore|lakh|[mb]illion))",
        lambda m: _small_money(m),
    ),
    rule("feet and inches by one mark", r"(?<![\w.,])([4-7])['’′](\d|1[01])(?![\w\"”″'])", r"\1 feet \2"),
    rule(
        "thousands of money",
        r"([$€£¥]) ?(\d[\d,]*(?:\.\d+)?) (hundred|thousand)(?! (?:[mb]illion|trillion))",
        lambda m: f"{decimal(m[2].replace(',', ''), 'English')} {m[3]} {_MONEY[m[1]]}",
    ),
    rule("doctor of medicine", r"(?<!\w)M\.D(?!\w)\.?", "M D"),
    rule("point of a unit", r"(?<=\d )(tbsp|tsp|lbs?|oz|ft|hrs?|mins?|secs?|yrs?)\.(?=,| [a-z])", r"\1"),
    rule("point of a unit", r"(?<=\d)(lbs?|oz|ft|hrs?|mins?|secs?|yrs?)\.(?=,| [a-z])", r"\1"),
    rule("flat", r"\bApt\.? ?(?=\d)", "apartment "),
    rule(
        "place of a number and a letter",
        r"\b((?:[Ee]xit|[Rr]oom|[Gg]ate|[Ss]eat|[Ss]uite|[Aa]partment|[Uu]nit|[Rr]ow|[Ff]lat|[Pp]latform|[Bb]uilding|[Bb]ox|[Hh]ighway|[Rr]oute) )(\d{1,4})([A-HVW])(?!\w)",
        lambda m: f"{m[1]}{cardinal(int(m[2]), 'English')} {m[3]}",
    ),
    rule("seconds", r"(?<![\w.,$])(\d{1,4}\.\d{1,3}) ?s(?!\w)", r"\1 seconds"),
    rule("spoons", r"(?<=\d ?[½¼¾⅓⅔⅛] )(tsp|tbsp)\.?(?!\w)", lambda m: f"{'tea' if m[1] == 'tsp' else 'table'}spoons"),
    rule(
        "share of a spoon",
        r"(?<=(?<!\d )(?<![\d/])\d/\d |(?<!\d)(?<!\d )[½¼¾⅓⅔⅛] )(tsp|tbsp)\.?(?!\w)",
        lambda m: f"{'tea' if m[1] == 'tsp' else 'table'}spoon",
    ),
    rule(
        "inches at the end",
        r"(?<![\w.,])(\d{1,3}(?:\.\d)?) in\.?$",
        lambda m: f"{m[1]} inch{'' if m[1] == '1' else 'es'}.",
    ),
    rule(
        "score",
        r"(?<=\b(?:score|won|lost|lead|led|beat|tied)\b[^.;!?]{0,40} )(\d{1,3})-(\d{1,3})(?![\w/-]|[.,]\d)",
        r"\1 to \2",
    ),
    rule(
        "decimal before a mark",
        r"(?<![\w.,$€£])(\d{1,9})\.(\d{1,9})(?=[?!]$)",
        lambda m: f"{cardinal(int(m[1]), 'English')} point {digits(m[2], 'English')}",
    ),
    rule("inches by inches", r"(?<![\w.])(\d{1,4}(?:\.\d)?)[\"”″] ?[x×] ?(?=\d)", r"\1 inches by "),
    rule("inches behind by", r"(?<=inches by )(\d{1,4}(?:\.\d)?)[\"”″]", r"\1 inches"),
    rule("section of points", r"§§? ?(?=\d)", "section "),
    rule("parts of a section", r"(?<=section )(\d{1,3})\.(\d{1,3})(?![\w.]\d|\w)", r"\1 point \2"),
    rule("room in feet", r"(?<![\w.,])(\d{1,3})['’′] ?[x×] ?(\d{1,3})['’′](?!\w)", r"\1 feet by \2 feet"),
    rule("twice the same", r"(?<![\w./])(\d{2})/\1(?![\w/]|[.,]\d)", _same),
    rule("share of", r"(?<![\w.,/])(\d{1,4})\.(\d{1,2})/(?=\d)", _of_so_much),
    rule("inch of a fraction", r"(?<![\w./])(\d{1,2}/\d{1,2})[\"”″](?!\w)", r"\1 inch"),
    rule("decade with an apostrophe", r"(?<![\w.,])([12]\d\d0)['’]s(?!\w)", r"\1s"),
    rule(
        "meters",
        r"(?<![\w.,$£€/])(\d[\d,]*(?:\.\d+)?) m(?= (?:tall|long|high|deep|wide|away|above|below|from|race|run|dash|in|and|at|on|by|to|of|then|sprint|freestyle|butterfly|hurdles|relay|over|behind|ahead|apart|down|up|off|under|with|he|she|it|is|was|for)\b| [×x(] ?|[.;!?]?$|, )",
        r"\1 meters",
    ),
    rule(
        "color",
        r"(?<!\w)#(?=[A-F0-9]*\d)([A-Fa-f0-9]{6})(?!\w)",
        lambda m: f"number {' '.join(digits(ch, 'English') if ch.isdecimal() else ch for ch in m[1])}",
    ),
    rule(
        "telephone",
        r"(?<![\w.,$+-])(?<!\+1 )(?:1 )?[2-9]\d{2}[ -]\d{3}[ -]\d{4}(?![\w-]|[.,]\d)",
        lambda m: ", ".join(digits(g, "English") for g in re.findall(r"\d+", m[0])),
    ),
    rule("decade of this century", r"(?<![\w.,])(20[1-9]0)'?s(?!\w)", _decade),
    rule("hours and minutes", r"(?<![\w.,])(\d{1,2}) ?h(?:rs?)? ?(\d{1,2}) ?(?:m|min|mins)?(?![\w.,]\d|\w)", _hours),
    rule("decimal thousands", r"(?<![\w.,$£€])(\d{1,4})\.(\d{1,2})[kK](?!\w)", _decimal_k),
    rule("feet and inches", r"(?<![\w.,])(\d{1,2}) ?ft\.? ?(\d{1,2}) ?in\b\.?", _feet),
    rule(
        "place behind a hyphen",
        r"(?<=[a-z]-)(\d{1,4})(?:st|nd|rd|th)(?!\w)",
        lambda m: ordinal(int(m[1]), "English"),
    ),
    rule(
        "numbers from to",
        r"(?<=\w,? [A-Za-z]{1,14} )([1-9]\d{0,2})-([1-9]\d{0,2})(?![\w/:-]|[.,]\d| ?[$€£%°=])(?<!24-7)",
        lambda m: f"{m[1]} to {m[2]}" if int(m[1]) < int(m[2]) else m[0],
    ),
    rule("place before a hyphen", r"(?<!\w)(\d{1,3}(?:st|nd|rd|th))-(?=[a-z])", r"\1 "),
    rule("stars", r"(?<![\w./])(\d(?:\.\d)?)/(\d{1,3})(?= (?:stars?|points?|rating))", r"\1 out of \2"),
    rule("pressure", r"(?<![\w./])(\d{2,3})/(\d{2,3})(?= ?mm ?Hg|$(?<=\d{3}/\d{2}))", r"\1 over \2"),
    rule("two of a list", r"(?<![\d.,])(\d),(\d)(?= (?:and|or)\b)", r"\1, \2"),
    rule("language of programs", r"(?<!\w)([FJ])#(?!\w)", r"\1 sharp"),
    rule("name with a point", r"(?<!\S)\.NET\b", "dot net"),
    rule("without", r"(?<!\w)w/(?= ?[a-z\d])(?!o\b)", "with "),
    rule("because", r"(?<!\w)b/c(?!\w)", "because"),
    rule("not applicable", r"(?<!\w)[Nn]/[Aa](?!\w)", "not applicable"),
    rule("speed by itself", r"(?<!\w)km/h(?!\w)", "kilometers per hour"),
)
