"""EPUB: its pages in reading order, divided into chapters by its table of contents."""

from __future__ import annotations

from pathlib import Path

from makima.books.archive import Archive
from makima.books.book import Book, ChapterBuilder, title_of
from makima.books.package import Package, read_package
from makima.books.xhtml import Block, blocks, parse_page
from makima.errors import InvalidDocument


def read_epub(path: Path, name: str) -> Book:
    """The book in an EPUB file; `name` is its title where it names none.

    Notes, page numbers, scripts and the pages of the table of contents are left out.

    Raises: InvalidDocument
    """
    with Archive(path) as archive:
        package = read_package(archive)
        builder = ChapterBuilder()
        for page in package.pages:
            found = list(blocks(parse_page(archive.read(page))))
            _add_page(builder, package, page, found)
    title = title_of(package.title or name, "Book")
    if not builder.characters:
        mend = "If its pages are pictures, recognise them first, for instance with OCRmyPDF."
        raise InvalidDocument("There is no text in it that can be spoken.", mend=mend)
    return Book(title, builder.built(title), package.author, package.language, package.cover)


def _add_page(builder: ChapterBuilder, package: Package, page: str, found: list[Block]) -> None:
    titles = {anchor: title for (name, anchor), title in package.contents.items() if name == page}
    if "" in titles:
        builder.open(titles[""])
    elif not package.contents and found:
        # Without a table of contents each page is a chapter, under its first heading.
        builder.open(next((block.text for block in found if block.level), ""))
    for block in found:
        named = [titles[anchor] for anchor in block.ids if anchor and anchor in titles]
        if named:
            builder.open(named[-1])
        builder.add(block.text, heading=bool(block.level))
