"""Plain text: paragraphs between blank lines, and chapters where a line says that one begins."""

from __future__ import annotations

import re
from typing import Final

from makima.books.book import Book, ChapterBuilder, title_of

MAX_HEADING_CHARACTERS: Final = 100

_NUMBER = (
    r"(?:\d{1,4}|[ivxlc]{1,8}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    r"|sixteen|seventeen|eighteen|nineteen|twenty(?:[- ]\w+)?|thirty(?:[- ]\w+)?|forty(?:[- ]\w+)?|the \w+|first|last"
    r"|eins|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|premier|première|primer[oa]?|primo|первая|вторая|третья)"
)
_NAMED = (
    "chapter|part|book|canto|act|kapitel|teil|buch|chapitre|partie|livre|capítulo|parte|libro|capitolo"
    "|глава|часть|книга"
)
_ALONE = (
    "prologue|epilogue|preface|introduction|foreword|afterword|prolog|epilog|vorwort|nachwort|einleitung|prólogo"
    "|epílogo|préface|avant-propos|prologo|prefazione|пролог|эпилог|предисловие|序章|序言|终章|終章|あとがき|まえがき"
)
_HEADING = re.compile(
    rf"(?:(?:{_NAMED})\s+{_NUMBER}(?:[.:)—–-]|\s|$).{{0,80}}|(?:{_ALONE})[.:]?"
    r"|第\s?[0-9０-９一二三四五六七八九十百千零〇两]{1,6}\s?[章回部节節卷幕話话].{0,40}|제\s?\d{1,4}\s?[장부막].{0,40})",
    re.IGNORECASE | re.DOTALL,
)
_BLANK = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")
_HYPHENATED = re.compile(r"(?<=[^\W\d_])-\n(?=[^\W\d_A-Z])")
_END_MARKS: Final = (".", "!", "?", "…", "”", '"', "»", "。", "！", "？", "」", ":")
_VERSE_CHARACTERS: Final = 50
"""Lines of a paragraph that are all shorter than this are verse, and are kept apart."""


def read_plain(text: str, name: str) -> Book:
    """A book of plain text; `name` is its title.

    Raises: InvalidDocument
    """
    builder = ChapterBuilder()
    for block in blocks_of(text):
        if is_heading(block):
            title = " ".join(block.split())
            builder.open(title)
            builder.add(title, heading=True)
        else:
            builder.add(block)
    title = title_of(name, "Text")
    return Book(title, builder.built(title))


def is_heading(block: str) -> bool:
    """Whether a block of one or two lines is the heading of a chapter."""
    block = block.strip()
    if len(block) > MAX_HEADING_CHARACTERS or block.count("\n") > 1:
        return False
    return _HEADING.fullmatch(block) is not None and not block.endswith((",", ";"))


def blocks_of(text: str) -> list[str]:
    """The paragraphs of a text: between blank lines, or, where it has none, its lines. Wrapped lines are joined."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0c", "\n\n").strip("\ufeff\n")
    blocks = [block for block in _BLANK.split(text) if block.strip()]
    if len(blocks) == 1 and _is_a_paragraph_a_line(text):
        blocks = [line for line in text.split("\n") if line.strip()]
    return [_joined(block) for block in blocks]


def _is_a_paragraph_a_line(text: str) -> bool:
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    return len(lines) > 1 and sum(line.endswith(_END_MARKS) for line in lines) * 2 > len(lines)


def _joined(block: str) -> str:
    """A block with its wrapped lines as one; lines of verse, and of headings, stay as they are."""
    lines = block.strip().split("\n")
    if len(lines) == 1 or all(len(line.strip()) < _VERSE_CHARACTERS for line in lines):
        return "\n".join(line.strip() for line in lines)
    return _HYPHENATED.sub("", "\n".join(line.strip() for line in lines)).replace("\n", " ")
