"""A file to a book, by what it is: Markdown, plain text, EPUB, PDF, or a page of HTML."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Final

from makima.books.book import Book, ChapterBuilder, title_of
from makima.books.markdown import read_markdown
from makima.books.plain import read_plain
from makima.errors import InvalidDocument

MAX_FILE_BYTES: Final = 64 * 1024 * 1024


class Kind(StrEnum):
    """What a file is."""

    TEXT = "text"
    MARKDOWN = "markdown"
    EPUB = "epub"
    PDF = "pdf"
    HTML = "html"


_SUFFIXES: Final = {
    **dict.fromkeys((".md", ".markdown", ".mdown"), Kind.MARKDOWN),
    **dict.fromkeys((".html", ".htm", ".xhtml"), Kind.HTML),
}
_WESTERN: Final = frozenset("äöüÄÖÜßàâçèéêëîïôùûœÀÇÈÉÊáíóúñÁÍÓÚÑ¿¡ãõòì’‘“”„–—…«»•·€£§°©®\xa0")
_WESTERN_SHARE: Final = 0.4
"""Of all letters: French has some 4 % outside ASCII, and short texts more."""
_FOREIGN: Final = re.compile(r"(?=[^\W\d_]{4})[^\x00-\x7f]{4}")
_COMMON_SHARE: Final = 0.8
_SUBTITLES: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s{0,99}(?:WEBVTT\b|\d{1,6}\s{1,9}\d\d:\d\d:\d\d[,.]\d{3} --> )")
_BOMS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def kind_of(head: bytes, name: str) -> Kind:
    """What a file is, by how it begins and then by its name.

    Raises: InvalidDocument for what is none of the kinds
    """
    if head.startswith(b"PK\x03\x04"):
        return Kind.EPUB
    if head.startswith(b"{\\rtf"):
        raise InvalidDocument(f"{name} is RTF, which is not read.", mend="Save it as plain text, HTML or EPUB.")
    if _SUBTITLES.match(head):
        raise InvalidDocument(f"{name} has subtitles, whose times would be read.", mend="Send their text alone.")
    if b"%PDF-" in head[:1024]:
        return Kind.PDF
    if kind := _SUFFIXES.get(Path(name).suffix.lower()):
        return kind
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InvalidDocument(f"{name} is no text.", mend="Send Markdown, plain text in UTF-8, EPUB, PDF or HTML.")
    return Kind.TEXT


def read_book(path: Path, name: str | None = None) -> Book:
    """The book in a file. `name` is what the file is called, where that is not its path.

    Raises: InvalidDocument
    """
    name = name or path.name
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise InvalidDocument(f"{name} is larger than {MAX_FILE_BYTES >> 20} MiB.", mend="Split it.")
        with path.open("rb") as file:
            kind = kind_of(file.read(4096), name)
            file.seek(0)
            data = file.read() if kind not in (Kind.EPUB, Kind.PDF) else b""
    except OSError as exc:
        raise InvalidDocument(f"{name} cannot be read: {exc.strerror}.") from exc
    title = title_of(Path(name).stem.replace("_", " "), "Text")
    match kind:
        case Kind.EPUB:
            from makima.books.epub import read_epub

            return read_epub(path, title)
        case Kind.PDF:
            from makima.books.pdf import read_pdf

            return read_pdf(path, title)
        case Kind.HTML:
            return _html(data, title)
        case _:
            return read_text(text_of(data, name), title, kind)


def read_text(text: str, title: str, kind: Kind) -> Book:
    """The book in a text that is Markdown or plain.

    Raises: InvalidDocument
    """
    return read_markdown(text, title) if kind is Kind.MARKDOWN else read_plain(text, title)


def text_of(data: bytes, name: str) -> str:
    """The text in a file, by its byte order mark, or as UTF-8, or as Windows-1252 where it is that.

    Raises: InvalidDocument
    """
    encoding = next((found for mark, found in _BOMS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as exc:
        if encoding == "utf-8" and (western := _western(data)) is not None:
            return western
        raise InvalidDocument(
            f"{name} is not UTF-8.", mend="Save it as UTF-8, for instance with: iconv -f ENCODING -t UTF-8."
        ) from exc


def _western(data: bytes) -> str | None:
    """The text in Windows-1252, of which Latin-1 is a part; None where it is in another encoding of single bytes.

    Nearly every byte is a letter in each of these encodings. In a Western text most letters are ASCII, the others
    stand alone, and a few of them are common.
    """
    try:
        text = data.decode("windows-1252")
    except UnicodeDecodeError:
        return None
    others = [ch for ch in text if ch > "\x7f"]
    letters = sum(ch.isalpha() for ch in text)
    common = sum(ch in _WESTERN for ch in others)
    if (
        sum(ch.isalpha() for ch in others) > _WESTERN_SHARE * letters
        or common < _COMMON_SHARE * len(others)
        or _FOREIGN.search(text)
    ):
        return None
    return text


def _html(data: bytes, title: str) -> Book:
    from makima.books.xhtml import blocks, named, parse_page, text_of

    root = parse_page(data)
    builder = ChapterBuilder()
    found = list(blocks(root))
    top = min((block.level for block in found if block.level), default=1)
    for block in found:
        if block.level and block.level <= max(top, 2):
            builder.open(block.text)
        builder.add(block.text, heading=bool(block.level))
    title = next((title_of(text_of(each), title) for each in named(root, "title")), title)
    return Book(title, builder.built(title), language=root.get("lang"))
