"""EPUB files, well made and hostile."""

from __future__ import annotations

from pathlib import Path

import pytest

from makima.books.epub import read_epub
from makima.errors import InvalidDocument
from tests.support.books import chapters, epub, epub_members, png, zipped


def write(folder: Path, **changed: bytes) -> Path:
    """A small EPUB with some members replaced; `__` stands for `/` and `_dot_` for `.` in their names."""
    members = epub_members(chapters(200, 2))
    members.update({name.replace("__", "/").replace("_dot_", "."): data for name, data in changed.items()})
    path = folder / "book.epub"
    path.write_bytes(zipped(members))
    return path


def page(body: str) -> bytes:
    return f'<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><body>{body}</body></html>'.encode()


FIRST = "OEBPS/text/chapter 1.xhtml"


def test_chapters_metadata_and_cover(tmp_path: Path) -> None:
    made = chapters(1_000, 3)
    book = read_epub(epub(tmp_path / "book.epub", made), "file")
    assert (book.title, book.author, book.language) == ("The Keys of the Harbour", "A. N. Author", "en-GB")
    assert book.cover is not None
    assert (book.cover.data, book.cover.media_type) == (png(), "image/png")
    assert [chapter.title for chapter in book.chapters] == list(made)
    for chapter in book.chapters:
        assert [p.text for p in chapter.paragraphs] == [chapter.title, *made[chapter.title]]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<p>One<br/>two</p>", ["One\ntwo"]),
        ("<p>Caf&eacute; &mdash; it&nbsp;is &amp; was &unknown; so.</p>", ["Café — it is & was so."]),
        ("<div>before<p>inside</p>after</div>", ["before", "inside", "after"]),
        (
            "<p>A word<a epub:type='noteref' href='#n'>3</a>, then.</p><aside epub:type='footnote'>no</aside>",
            ["A word, then."],
        ),
        ("<p>over\n  two lines</p><script>alert(1)</script>", ["over two lines"]),
        ("<table><tr><td>a</td><td>b</td></tr></table>", ["a, b"]),
        ("<p>left <!-- a comment --> right</p>", ["left right"]),
        ("<ul><li>one</li><li>two</li></ul>", ["one", "two"]),
        ("<p>not closed <b>bold", ["not closed bold"]),
        ("<p>one<br>two<p>three<hr><ul><li>a<li>b</ul>", ["one\ntwo", "three", "a", "b"]),
        (
            "<p>Note<sup><a href='#n'>12</a></sup> and<a href='#m'><sup>*</sup></a>, x<sup>2</sup>.</p>",
            ["Note and, x2."],
        ),
        ("<p>One<a role='doc-noteref' href='#n'>1</a>.</p><aside role='doc-footnote'>no</aside>", ["One."]),
        ("<p>One.</p><section epub:type='endnotes'><p>no</p></section>", ["One."]),
        ("<p>not <aside epub:type='footnotes'>no</aside> closed", ["not", "closed"]),
        ("<p>One <span style='display: none'>no</span>two.</p>", ["One two."]),
        ("<p><ruby>漢<rt>kan</rt></ruby> here</p>", ["漢 here"]),
        ("".join(f"<p>{n}<br>" for n in range(300)), [str(n) for n in range(300)]),
    ],
)
def test_what_is_read_of_a_page(tmp_path: Path, body: str, said: list[str]) -> None:
    path = tmp_path / "book.epub"
    path.write_bytes(zipped({**epub_members(chapters(200, 2)), FIRST: page(body)}))
    assert [p.text for p in read_epub(path, "f").chapters[0].paragraphs] == said


def test_chapters_that_begin_within_a_page(tmp_path: Path) -> None:
    body = "<h2 id='a'>First</h2><p>one</p><div id='b'><h2>Second</h2><p>two</p></div>"
    nav = page(
        "<nav epub:type='toc'><a href='text/chapter%201.xhtml#a'>First</a>"
        "<a href='text/chapter%201.xhtml#b'>Second</a></nav>"
    )
    members = {**epub_members(chapters(50, 1)), FIRST: page(body), "OEBPS/nav.xhtml": nav}
    path = tmp_path / "book.epub"
    path.write_bytes(zipped(members))
    found = [(each.title, [p.text for p in each.paragraphs]) for each in read_epub(path, "f").chapters]
    assert found == [("First", ["First", "one"]), ("Second", ["Second", "two"])]


def test_entities_are_not_expanded_and_files_not_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    bomb = "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 9))
    data = (
        f"<?xml version='1.0'?><!DOCTYPE html [<!ENTITY a0 'boom'>{bomb}<!ENTITY x SYSTEM 'file://{secret}'>]>"
        "<html><body><p>Safe &x;&a8; text.</p></body></html>"
    ).encode()
    path = tmp_path / "book.epub"
    path.write_bytes(zipped({**epub_members(chapters(200, 2)), FIRST: data}))
    assert [p.text for p in read_epub(path, "f").chapters[0].paragraphs] == ["Safe text."]


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({}, "is missing"),
        ({"META-INF/container.xml": b"<container/>"}, "names no package"),
        ({"META-INF/container.xml": b"not xml at all"}, "XML"),
        ({"META-INF/container.xml": b'<r><rootfile full-path="../../etc/passwd"/></r>'}, "names no package"),
        ({**epub_members(chapters(50, 1)), FIRST: b"<p>" + b" " * 40_000_000 + b"</p>"}, "larger than"),
        ({**epub_members(chapters(50, 1)), FIRST: b"<p>" + b"a" * 9_000_000 + b"</p>"}, "packed more than"),
        (
            {
                **epub_members(chapters(50, 1)),
                "META-INF/encryption.xml": b'<e><EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/></e>',
            },
            "locked",
        ),
    ],
)
def test_hostile_and_broken_files_are_refused(tmp_path: Path, members: dict[str, bytes], why: str) -> None:
    path = tmp_path / "book.epub"
    path.write_bytes(zipped({"mimetype": b"application/epub+zip", **members}))
    with pytest.raises(InvalidDocument, match=why):
        read_epub(path, "f")


def test_a_zip_that_breaks_off(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InvalidDocument):
        read_epub(path, "f")


def test_a_picture_of_another_kind_is_no_cover(tmp_path: Path) -> None:
    assert read_epub(write(tmp_path, OEBPS__cover_dot_png=b"GIF89a"), "f").cover is None


def test_pages_of_pictures(tmp_path: Path) -> None:
    pictures = {name: page("<p><img src='a.png'/></p>") for name in epub_members(chapters(200, 2)) if "chapter" in name}
    path = tmp_path / "book.epub"
    path.write_bytes(zipped(epub_members(chapters(200, 2)) | pictures))
    with pytest.raises(InvalidDocument, match="OCRmyPDF"):
        read_epub(path, "book")
