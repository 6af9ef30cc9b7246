"""The text of a PDF."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from makima.books.pdf import read_pdf
from makima.errors import InvalidDocument
from tests.support.books import chapters, pdf


def test_paragraphs_run_over_lines_and_pages_without_running_titles(tmp_path: Path) -> None:
    text = " ".join(chapters(600, 1)["Chapter 1: Tom"]).replace("“", "").replace("”", "")
    lines = textwrap.wrap(text, 70)
    pages = [["THE KEYS", *lines[n * 8 : n * 8 + 8], str(n + 1)] for n in range(-(-len(lines) // 8))]
    pages[0][1:1] = ["Chapter 1"]
    path = tmp_path / "book.pdf"
    path.write_bytes(pdf(pages))
    book = read_pdf(path, "book")
    assert book.chapters[0].title == "Chapter 1"
    said = " ".join(p.text for p in book.chapters[0].paragraphs)
    assert said == f"Chapter 1 {text}"


def test_words_that_were_divided_at_the_end_of_a_line_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "book.pdf"
    path.write_bytes(pdf([["It was in the after-", "noon of a long day."]]))
    assert read_pdf(path, "book").chapters[0].paragraphs[0].text == "It was in the afternoon of a long day."


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"%PDF-1.4\nnothing", "no PDF"), (pdf([[]]), "pages are pictures"), (b"", "no PDF")],
)
def test_what_cannot_be_read(tmp_path: Path, data: bytes, why: str) -> None:
    path = tmp_path / "book.pdf"
    path.write_bytes(data)
    with pytest.raises(InvalidDocument, match=why):
        read_pdf(path, "book")
