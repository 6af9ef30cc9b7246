"""The text of a PDF: lines into paragraphs, without what stands on every page; chapters by its outline."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from makima.books.book import Book, ChapterBuilder, title_of
from makima.books.plain import is_heading
from makima.errors import InvalidDocument

if TYPE_CHECKING:
    from pypdf import PdfReader

MAX_PAGES: Final = 5_000
MAX_OUTLINE_DEPTH: Final = 3

_EDGE_LINES: Final = 2
"""How many lines at the top and the bottom of a page may be those that stand on every page."""
_REPEATED_SHARE: Final = 0.4
_MIN_PAGES_TO_COMPARE: Final = 4
_SHORT_LINE: Final = 0.75
"""A line below this share of the page's longest one ends its paragraph, if it ends like a sentence."""

_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(r"[-–—\s]*(?:page\s+)?(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:/|of)\s*\d{1,4})?[-–—\s]*", re.I)
_SENTENCE_END = re.compile(r"[.!?…:。！？][\"'”’»)\]」』]*$")
_HYPHENATED = re.compile(r"(?<=[^\W\d_])[-\u00ad]$")


def read_pdf(path: Path, name: str) -> Book:
    """The book in a PDF file; `name` is its title where it names none.

    Raises: InvalidDocument
    """
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(path, strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise InvalidDocument("It is locked with a password.", mend="Save it without one.")
        if len(reader.pages) > MAX_PAGES:
            raise InvalidDocument(f"It has more than {MAX_PAGES:,} pages.", mend="Split it.")
        pages = [_lines(page.extract_text()) for page in reader.pages]
        outline, about = _outline(reader), reader.metadata
        title, author = (about.title, about.author) if about is not None else (None, None)
    except InvalidDocument:
        raise
    except (PyPdfError, OSError, ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as exc:
        # What pypdf raises on broken files is not limited to its own errors.
        raise InvalidDocument(f"It is no PDF that can be read: {exc}.") from exc
    if not any(pages):
        raise InvalidDocument(
            "There is no text in it: its pages are pictures.", mend="Recognise them first, for instance with OCRmyPDF."
        )
    title = title_of(title if isinstance(title, str) else "", title_of(name, "Document"))
    chapters = _chapters(_without_repeated(pages), outline)
    return Book(title, chapters.built(title), title_of(author, "") or None if isinstance(author, str) else None)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.replace("\x00", "").splitlines() if line.strip()]


def _outline(reader: PdfReader) -> dict[int, str]:
    """The titles of the outline by page, the outermost where several begin on one."""
    found: dict[int, str] = {}

    def walk(entries: list[Any], depth: int) -> None:
        for entry in entries:
            if isinstance(entry, list):
                if depth < MAX_OUTLINE_DEPTH:
                    walk(entry, depth + 1)
                continue
            page = reader.get_destination_page_number(entry)
            if page is not None and page >= 0:
                found.setdefault(page, str(entry.title))

    walk(list(reader.outline), 1)
    return found


def _without_repeated(pages: list[list[str]]) -> list[list[str]]:
    """The pages without running titles and page numbers."""
    edges = Counter(key for lines in pages for key in {_key(line) for line in _edges(lines)})
    often = max(2, _REPEATED_SHARE * len(pages)) if len(pages) >= _MIN_PAGES_TO_COMPARE else len(pages) + 1
    return [_trimmed(lines, edges, often) for lines in pages]


def _trimmed(lines: list[str], edges: Counter[str], often: float) -> list[str]:
    def dropped(line: str) -> bool:
        return _PAGE_NUMBER.fullmatch(line) is not None or edges[_key(line)] >= often

    top = sum(1 for _ in takewhile(dropped, lines[:_EDGE_LINES]))
    bottom = sum(1 for _ in takewhile(dropped, reversed(lines[top:][-_EDGE_LINES:])))
    return lines[top : len(lines) - bottom]


def _edges(lines: list[str]) -> list[str]:
    return [*lines[:_EDGE_LINES], *lines[_EDGE_LINES:][-_EDGE_LINES:]]


def _key(line: str) -> str:
    return _DIGITS.sub("#", line).lower()


def _chapters(pages: list[list[str]], outline: dict[int, str]) -> ChapterBuilder:
    builder = ChapterBuilder()
    open_text = ""
    for number, lines in enumerate(pages):
        if number in outline:
            builder.add(open_text)
            open_text = ""
            builder.open(outline[number])
        for text, complete, heading in _paragraphs(lines, headings=not outline):
            if heading:
                builder.add(open_text)
                open_text = ""
                builder.open(text)
                builder.add(text, heading=True)
                continue
            open_text = _joined(open_text, text)
            if complete:
                builder.add(open_text)
                open_text = ""
    builder.add(open_text)
    return builder


def _paragraphs(lines: list[str], *, headings: bool) -> Iterator[tuple[str, bool, bool]]:
    """The paragraphs of a page: the text, whether it ends there, and whether it is the heading of a chapter."""
    width = max(map(len, lines), default=0)
    open_text = ""
    for line in lines:
        if headings and is_heading(line):
            if open_text:
                yield open_text, True, False
            yield line, True, True
            open_text = ""
            continue
        open_text = _joined(open_text, line)
        if len(line) < _SHORT_LINE * width and _SENTENCE_END.search(line):
            yield open_text, True, False
            open_text = ""
    if open_text:
        yield open_text, False, False


def _joined(before: str, line: str) -> str:
    if not before:
        return line
    if _HYPHENATED.search(before) and line[:1].islower():
        return before[:-1] + line
    return f"{before} {line}"
