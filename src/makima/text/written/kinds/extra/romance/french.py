"""French alone: hours, halves, places, scores."""

from __future__ import annotations

import re

from makima.text.written.kinds.extra.common import (
    faster,
    kilometer_of_a_road,
    millions,
    number_list,
    of_a_hundred_kilometers,
    times_for_each,
    version_at_the_end,
)
from makima.text.written.kinds.extra.romance.makers import and_a_half, day_of_month, height
from makima.text.written.rule import Rule, rule
from makima.text.written.words import cardinal, ordinal


def _euros_and_cents(match: re.Match[str]) -> str:
    return f"{match[1]},{match[2]} €"


_FEMININE_HALVES = (
    r"tasse|heure|journée|bouteille|baguette|pomme|livre|tonne|cuillère|cuillerée|page|dose|douzaine|finale|portion|"
    r"année|orange|gousse|botte|poire|tranche|boîte|part|mesure|pinte|lune|place"
)
_FRENCH_PARTS = {"2": "demi", "3": "tiers", "4": "quart"}


RULES: tuple[Rule, ...] = (
    number_list("French"),
    rule("date with points", r"(?<![\w.,/-])(\d{1,2})\.(\d{1,2})\.(\d{4})(?![\w/]|[.,]\d)", r"\1/\2/\3"),
    rule(
        "time with a point",
        r"(?<!\w)(à|À|vers|dès|jusqu['’]à) ([01]?\d|2[0-3])\.([0-5]\d)(?![\w%€]|[.,]\d)",
        r"\1 \2h\3",
    ),
    rule(
        "decimal point",
        r"(?<![\w.,/:$€£-])(\d{1,3})\.(1[3-9]|[2-9]\d)(?![\w/%€$£]|[.,]\d| ?[€$£%°])(?<!\d\.\d\d\d)",
        lambda m: f"{cardinal(int(m[1]), 'French')} point {cardinal(int(m[2]), 'French')}",
    ),
    version_at_the_end("French", "point"),
    day_of_month("French", " "),
    rule("number of a law", r"(?<!\w)[nN][°º] ?(\d{1,4})-(\d{1,5})(?![\w-])", r"numéro \1 tiret \2"),
    rule("all day", r"(?<![\w/])24 ?h(?:eures)?/24(?!\w)", "vingt-quatre heures sur vingt-quatre"),
    rule("all week", r"(?<![\w/])7 ?j(?:ours)?/7(?!\w)", "sept jours sur sept"),
    faster("plus|moins", "fois"),
    times_for_each("fois", "jour|semaine|mois|an|heure", "par"),
    rule("article of a code", r"(?<!\w)([LRDA])\. ?(\d{1,4})-(\d{1,3})(?![\w-])", r"\1 \2 tiret \3"),
    height("mètre"),
    rule("spoons", r"(?<![\w.,/])1 1/2 c\. à (?=café|soupe|thé)", "une cuillère et demie à "),
    rule("spoons", r"(?<=[\d½¼¾] )c\. à (?=café|soupe|thé)", "cuillères à "),
    rule(
        "share of",
        r"(?<![\w.,/])([1-9])/([2-9]|10)(?= (?:des?|du|d['’]))",
        lambda m: (
            f"{cardinal(int(m[1]), 'French')} {_FRENCH_PARTS.get(m[2], ordinal(int(m[2]), 'French'))}{'s' if m[1] != '1' and m[2] not in '23' else ''}"
        ),
    ),
    rule("mark", r"(?<![\w./,])(\d{1,2}(?:,\d)?)/(20|10|100)(?![\w/]|,\d)(?<!1/10)(?<!1/20)(?<!1/100)", r"\1 sur \2"),
    rule("euros and cents", r"(?<![\w.,])(\d{1,5}) ?€ ?(\d\d)(?![\w.,]|\d)", _euros_and_cents),
    rule(
        "hours and minutes",
        r"(?<![\w.,])(\d{1,2}) ?h ?(\d{1,2}) ?min(?!\w)",
        lambda m: f"{m[1]} heure{'s' if int(m[1]) > 1 else ''} {m[2]} minute{'s' if int(m[2]) > 1 else ''}",
    ),
    rule("years", r"\b(années) '(?=\d\d\b)", r"\1 "),
    rule("century cut short", r"(?<=[IVX]e )s\.", "siècle"),
    rule("degrees", r"(?<=[a-zà-ÿ] )(-?[1-9]\d)°(?! ?[CFK]\b)(?= [a-zà-ÿ]|[.,;!?]|$)", r"\1 degrés"),
    of_a_hundred_kilometers("litres aux 100 kilomètres"),
    millions("d['’e]", "millions"),
    rule("kilometers of a road", r"(?<=les )km (?=\d)", "kilomètres "),
    kilometer_of_a_road("kilomètre"),
    and_a_half("French", "et demi", "et demie"),
    rule("half an hour more", r"(?<=\d) ?h(?:eures?)? 1/2(?![\w/])", " heures et demie"),
    rule(
        "free telephone",
        r"(?<![\w.,])0 ?(8\d\d) (\d{3}) (\d{3})(?![\w]|[.,]\d)",
        lambda m: f"zéro {', '.join(cardinal(int(m[n]), 'French') for n in (1, 2, 3))}",
    ),
    rule(
        "half of something",
        r"(?<![\w.,/])(?<!\d )1/2 ?(?=(?!de\b|des\b|du\b|et\b|à\b|au\b|en\b|est\b|ou\b)([a-zà-ÿ]{4,}))",
        lambda m: f"un{'e' if re.fullmatch(_FEMININE_HALVES, m[1]) else ''} demi-",
    ),
    rule("half a measure", r"(?<![\w.,/])1/2 (?=(?:l|kg|h)\b)", "un demi-"),
    rule("half of a unit", r"(?<=un demi-)(?:l|kg|h)\b", lambda m: {"l": "litre", "kg": "kilo", "h": "heure"}[m[0]]),
    rule("inches", r"(?<![\w.,])(\d{1,3}(?:,\d)?)[\"”″](?= |$|[.,])(?![^\"”]*[\"”])", r"\1 pouces"),
)
