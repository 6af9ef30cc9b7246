"""Italian alone: hours, halves, places, scores."""

from __future__ import annotations

import re

from makima.text.written.kinds.extra.common import (
    faster,
    half,
    kilometer_of_a_road,
    millions,
    number_list,
    numbered_event,
    numbered_law,
    of_a_hundred_kilometers,
    post_code,
    times_for_each,
)
from makima.text.written.kinds.extra.romance.makers import and_a_half, angle, day_of_month, height, sign_of_scale
from makima.text.written.rule import Rule, rule
from makima.text.written.words import cardinal, digits, ordinal


def _behind_an_apostrophe(match: re.Match[str]) -> str:
    """`l'1,2%`: no word stands between the article and the number, so that no grammar finds it."""
    whole, part, percent = match[1], match[2], match[3]
    if part is None and not percent and re.match(r" ?[^\W\d_]", match.string[match.end() :]):
        return match.group()
    words = cardinal(int(whole), "Italian") + (f" virgola {_decimals(part)}" if part else "")
    return f"{words} per cento" if percent else words


def _decimals(part: str) -> str:
    return digits(part, "Italian") if part.startswith("0") or len(part) > 2 else cardinal(int(part), "Italian")


def _italian_time(match: re.Match[str]) -> str:
    """As a clock says it; what the grammar has a word for stays."""
    hour, minute = int(match[1]), int(match[2])
    if minute == 0 or (len(match[1]) == 2 and minute > 9):
        return match.group()
    said = "una" if hour == 1 else cardinal(hour, "Italian")
    if minute in (15, 30):
        return f"{said} e {'mezza' if minute == 30 else 'un quarto'}"
    return f"{said} e {cardinal(minute, 'Italian')}"


RULES: tuple[Rule, ...] = (
    number_list("Italian"),
    faster("più|meno|maggiore|migliore", "volte"),
    angle("Italian", "gradi"),
    sign_of_scale("Italian"),
    rule("times from to", r"(?<![\w.,:-])(\d{1,2}:\d\d) ?[-–—] ?(?=\d{1,2}:\d\d(?![\d:]))", r"\1 a "),
    rule("one and a half", r"(?<![\w.,/])1 1/2 ([a-zàèéìòù]{4,}o)(?!\w)", r"un \1 e mezzo"),
    rule("one and a half", r"(?<![\w.,/])1 1/2 ([a-zàèéìòù]{4,}a)(?!\w)", r"una \1 e mezza"),
    millions("di ", "milioni"),
    of_a_hundred_kilometers("litri ogni 100 chilometri"),
    and_a_half("Italian", "e mezzo", "e mezza"),
    numbered_law(
        "Italian",
        "[Ll]egge(?: n\\.)?|[Dd]ecreto(?: [Ll]egislativo)?|D\\.Lgs\\.|D\\.L\\.|L\\.|[Dd]irettiva|[Rr]egolamento",
        "del",
    ),
    times_for_each("volte", "giorno|mese", "al"),
    numbered_event(
        "Italian",
        "[Gg]uerra|Repubblica|Internazionale|[Ee]dizione|[Ll]egislatura|Biennale|[Gg]iornata|[Cc]lasse",
        "Congresso|Festival|Reich|Concilio|[Mm]illennio|Premio|Torneo|Municipio|Municipio",
    ),
    rule("minute of a game", r"(?<=\b[Aa]l )(\d{1,3})['’′](?!\w)", lambda m: f"{ordinal(int(m[1]), 'Italian')} minuto"),
    rule("number before another", r"(?<![\w.,/:-])(\d{1,3})(?=, \d)", lambda m: cardinal(int(m[1]), "Italian")),
    rule(
        "score behind an apostrophe",
        r"(?<=[lL]['’])(\d{1,2})-(\d{1,2})(?![\w-])",
        lambda m: f"{cardinal(int(m[1]), 'Italian')} a {cardinal(int(m[2]), 'Italian')}",
    ),
    rule("has", r"(?<![\d.,])(\d{1,9}) ha (?!di\b|e\b)(?=\w)", lambda m: f" {cardinal(int(m[1]), 'Italian')} ha "),
    rule(
        "number behind an apostrophe",
        r"(?<=[A-Za-z]['’])(\d{1,3})(?:,(\d{1,4}))?( ?%)?(?![\d/:ª°º]|[.,]\d| \d)",
        lambda m: _behind_an_apostrophe(m),
    ),
    day_of_month("Italian", " "),
    rule(
        "free telephone",
        r"(?<![\d.,])800[ -](\d{3})[ -](\d{3})(?![\w-])",
        lambda m: ", ".join(digits(g, "Italian") for g in ("800", m[1], m[2])),
    ),
    post_code("Italian", r"(?:(?<= - )\d{5}|(?<=, )0\d{4})(?= [A-Z][a-z])"),
    rule(
        "place",
        r"(?<![\w.,])(\d{1,2})a (?=classe|volta|edizione|fila|parte|serie|media|elementare)",
        lambda m: f"{ordinal(int(m[1]), 'Italian', gender='f')} ",
    ),
    rule("years of a century", r"(?<=\s)['’](?=[1-9]00\b)", ""),
    half("mezzo", "mezza", "dose|notte|parte"),
    kilometer_of_a_road("chilometro"),
    rule(
        "telephone of Italy",
        r"(?<![\w+])\+39 ?((?:0\d{1,3}|3\d{2})[ /-]\d{3,8}(?: \d{3,4})?)(?![\w-]|[.,]\d)",
        lambda m: f"più tre nove, {', '.join(digits(g, 'Italian') for g in re.findall(r'[0-9]+', m[1]))}",
    ),
    height("metro e"),
    rule(
        "time with a point",
        r"\b((?:alle|ore|dalle|le|all[e']|delle|fino alle|verso le) ?)([01]?\d|2[0-3])\.([0-5]\d)(?![\d.,]|\w)",
        r"\1\2:\3",
    ),
    rule("time", r"(?<![\w.,:])([01]?\d|2[0-3]):([0-5]\d)(?![\d:])", lambda m: _italian_time(m)),
    rule(
        "first of a month",
        r"\b(il|al|dal|del|Il|Dal) 1 (?=gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre)",
        r"\1 primo ",
    ),
    rule("one million", r"(?<![\w.,])1 (?=milione|miliardo)", "un "),
    rule("number sign", r"(?<!\w)[nN][°º] ?(?=\d)|№ ?(?=\d)|(?<!\w)nr\. ?(?=\d)", "numero "),
    rule("decade", r"(?<=\s)['’](?=\d0\b|\d\d\b)", ""),
    rule("milliards", r"(?<=\d) ?mld(?!\w)(?!\.? ?[€$£])\.?", " miliardi"),
    rule("millions", r"(?<=\d) ?mln(?!\w)(?!\.? ?[€$£])\.?", " milioni"),
    rule("degrees", r"(?<=\d) ?° ?C\b", " °C"),
    rule("yen", r"¥ ?(\d+)(?![\d.,])", r"\1 yen"),
    rule(
        "one feminine",
        r"(?<![\w.,/:-])1 (?=[a-zàèéìòù]{2,}(?:zione|sione|azione|gione|udine|trice)(?!\w)|canzone|notte|parte|chiave|carne|lezione|classe|volta)",
        "una ",
    ),
    rule(
        "feminine count",
        r"(?<![\w.,])(\d{0,2}1)(?<!11) (?=persone|volte|ore|settimane|pagine)",
        lambda m: f"{cardinal(int(m[1]), 'Italian')} ",
    ),
)
