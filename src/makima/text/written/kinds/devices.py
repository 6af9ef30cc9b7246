"""What no other rule may see parts of: numbers of books and of network cards, paths of Windows, models of machines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from makima.text.written.kinds.identifiers import COLON, amount, point_of
from makima.text.written.rule import Rule, rule
from makima.text.written.words import TIGHT, cardinal, digits

_BACKSLASH = {
    "English": "backslash",
    "German": "Backslash",
    "French": "antislash",
    "Spanish": "barra invertida",
    "Italian": "barra rovesciata",
    "Portuguese": "barra invertida",
    "Russian": "обратный слеш",
    "Chinese": "反斜杠",
    "Japanese": "バックスラッシュ",
    "Korean": "백슬래시",
}


def rules(language: str) -> Iterator[Rule]:
    """What no other rule may see parts of: numbers of books and of network cards, paths, models such as `Llama-3.1-8B`."""
    gap = "" if language in TIGHT else " "
    comma = {"Chinese": "，", "Japanese": "、"}.get(language, ", ")

    def apart(group: str) -> str:
        return gap.join(digits(ch, language) if ch.isdecimal() else ch.upper() for ch in group)

    yield rule(
        "number of a book",
        r"(?<![A-Za-z])(IS[BS]N(?:-1[03])?)(:?\s?)(\d[\d -]{6,15}[\dXx])(?![\w-])",
        lambda m: f"{m[1][:4]}{m[2] or ' '}{comma.join(apart(group) for group in re.split('[ -]', m[3]))}",
    )
    yield rule(
        "number of a card",
        r"(?<![\w:-])(?:[0-9A-Fa-f]{2}([:-]))(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w:-])"
        if language not in TIGHT
        else r"(?<![A-Za-z\d:-])(?:[0-9A-Fa-f]{2}([:-]))(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![A-Za-z\d:-])",
        lambda m: comma.join(apart(group) for group in re.split("[:-]", m[0])),
    )
    back = _BACKSLASH[language]
    yield rule(
        "path",
        r"(?<![\w])([A-Z]):\\([^\s<>|*?\"]{0,200})",
        lambda m: f"{m[1]} {COLON[language]} {back} {m[2].replace(chr(92), f' {back} ')}".rstrip(),
    )
    yield rule(
        "model before its memory",
        r"(?<![A-Za-z\d])((?=[a-z]{0,2}[A-Z])[A-Za-z]{2,14} (?:(?:Pro|Max|Mini|Air|Note|Galaxy) )?)(\d{1,2}) (?=\d{2,3} ?(?:[GTM]B|[GTM]o|[ГТМ]Б)(?!\w))",
        lambda m: f"{m[1]}{cardinal(int(m[2]), language)} ",
    )
    yield rule(
        "model before its memory",
        r"(?<![A-Za-z\d])([A-Z]{1,2})(\d{1,2}) (?=\d{2,3} ?(?:[GTM]B|[GTM]o|[ГТМ]Б)(?!\w))",
        lambda m: f"{m[1]} {cardinal(int(m[2]), language)} ",
    )
    yield rule(
        "model",
        r"(?<![\w.,/@-])([A-Z][A-Za-z]{1,14})-(\d{1,2})\.(\d{1,2})(?:-(\d{1,3}(?:\.\d)?) ?([BMK]))?(?![A-Za-z\d]|[.,-]\d|-\w)",
        lambda m: _model(m, language, gap),
    )


def _model(match: re.Match[str], language: str, gap: str) -> str:
    numbers = f"{gap}{point_of(language)}{gap}".join(cardinal(int(part), language) for part in (match[2], match[3]))
    size = f" {amount(match[4], language)} {match[5]}" if match[4] else ""
    return f"{match[1]} {numbers}{size}"
