"""Which reader a file gets, and the same from another process."""

from __future__ import annotations

from pathlib import Path

import pytest

from makima.books.isolated import decoded, encoded, read_isolated
from makima.books.reading import Kind, kind_of, read_book
from makima.errors import InvalidDocument
from tests.support.books import chapters, epub, markdown, pdf, plain, zipped

MADE = chapters(300, 2)


@pytest.mark.parametrize(
    ("head", "name", "kind"),
    [
        (b"PK\x03\x04", "a.txt", Kind.EPUB),
        (b"%PDF-1.7", "a.txt", Kind.PDF),
        (b"# A", "a.MD", Kind.MARKDOWN),
        (b"# A", "a", Kind.TEXT),
        (b"<html>", "a.html", Kind.HTML),
        (b"\xff\xfeA\0", "a.txt", Kind.TEXT),
    ],
)
def test_kinds(head: bytes, name: str, kind: Kind) -> None:
    assert kind_of(head, name) is kind


def files(folder: Path) -> list[Path]:
    (folder / "a.md").write_text(markdown(MADE), encoding="utf-8")
    (folder / "b.txt").write_text(plain(MADE), encoding="utf-16")
    (folder / "d.pdf").write_bytes(pdf([["Hello there."]]))
    (folder / "e.html").write_text("<html><head><title>T</title></head><h1>One</h1><p>x</p><h1>Two</h1><p>y</p></html>")
    return [folder / "a.md", folder / "b.txt", epub(folder / "c.epub", MADE), folder / "d.pdf", folder / "e.html"]


def test_another_process_reads_the_same(tmp_path: Path) -> None:
    for path in files(tmp_path):
        book = read_book(path)
        assert decoded(encoded(book)) == book
        assert read_isolated(path) == book
        assert book.chapters


@pytest.mark.parametrize(
    ("data", "name", "why"),
    [
        (b"\x00\x01\x02", "a.bin", "no text"),
        ("Глава первая".encode("cp1251"), "a.txt", "not UTF-8.*iconv"),
        ("English words and then some: слово.".encode("cp1251"), "a.txt", "not UTF-8"),
        ("これは本です。".encode("shift_jis"), "a.txt", "not UTF-8"),
        ("Zażółć gęślą jaźń".encode("cp1250"), "a.txt", "not UTF-8"),
        ("Hello there.".encode("utf-16-le"), "a.txt", "no text.*UTF-8"),
        (b"{\\rtf1\\ansi Hello}", "a.txt", "RTF.*HTML"),
        (b"1\r\n00:00:01,000 --> 00:00:02,000\r\nHello.", "a.srt", "subtitles.*text alone"),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello.", "a.txt", "subtitles"),
        (zipped({"word/document.xml": b"<a/>"}), "a.docx", "no EPUB.*Save it as"),
        (b"PK\x03\x04 broken", "a.epub", "zip"),
        (b"", "a.txt", "no text"),
    ],
)
def test_refusals_pass_the_process(tmp_path: Path, data: bytes, name: str, why: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InvalidDocument, match=why):
        read_isolated(path)


@pytest.mark.parametrize("text", ["café", "Das kostet fünf Euro – “sofort”.", "¿Qué? ¡Añádelo!", "Vous êtes déjà là…"])
def test_texts_of_older_windows(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.txt").write_bytes(text.encode("windows-1252"))
    assert read_book(tmp_path / "a.txt").chapters[0].paragraphs[0].text == text


@pytest.mark.parametrize(
    ("page", "title", "said"),
    [
        (
            b'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><link rel=x><title>T</title><body><p>a<br>b',
            "T",
            "a\nb",
        ),
        ('<meta charset="iso-8859-1"><p>déjà'.encode("latin-1"), "a", "déjà"),
        ('<meta http-equiv=x content="text/html; charset=koi8-r"><p>да'.encode("koi8-r"), "a", "да"),
        ('<meta charset="none"><p>déjà'.encode(), "a", "déjà"),
        ("<p>déjà".encode("cp1252"), "a", "déjà"),
        ('<?xml version="1.0" encoding="utf-16"?><html><p>déjà</p></html>'.encode("utf-16"), "a", "déjà"),
        (b"<p>x &nbsp;&lt; y &unknown; z", "a", "x < y &unknown; z"),
        (b"only words", "a", "only words"),
    ],
)
def test_pages_as_they_are_written(tmp_path: Path, page: bytes, title: str, said: str) -> None:
    (tmp_path / "a.html").write_bytes(page)
    book = read_book(tmp_path / "a.html")
    assert (book.title, book.chapters[0].paragraphs[0].text) == (title, said)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidDocument, match="cannot be read"):
        read_book(tmp_path / "none.txt")
