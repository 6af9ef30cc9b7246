"""Chapters and paragraphs of plain text."""

from __future__ import annotations

import pytest

from makima.books.plain import blocks_of, is_heading, read_plain
from makima.errors import InvalidDocument
from tests.support.books import chapters, plain


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Chapter 1", True),
        ("CHAPTER IV.", True),
        ("Chapter 12: The Door", True),
        ("Chapter Twenty-One", True),
        ("PART ONE", True),
        ("Prologue", True),
        ("Kapitel 3", True),
        ("第十二章 回家", True),
        ("제 3 장 문", True),
        ("CHAPTER I.\nDown the Stairs", True),
        ("Part of me wanted to go.", False),
        (
            f"Chapter 3 was {'very ' * 20} long.",
            False,
        ),
        ("Act as if nothing had happened.", False),
        ("Prologues are often skipped.", False),
        ("It was late.", False),
    ],
)
def test_headings(line: str, expected: bool) -> None:
    assert is_heading(line) is expected


def test_wrapped_lines_are_joined_and_verse_is_kept() -> None:
    wrapped = "It was a long and windy afternoon when the two came to the har-\nbour, and no boat was there."
    assert blocks_of(wrapped + "\n\nRoses are red,\nviolets are blue.") == [
        "It was a long and windy afternoon when the two came to the harbour, and no boat was there.",
        "Roses are red,\nviolets are blue.",
    ]


def test_lines_are_paragraphs_where_there_are_no_blank_ones() -> None:
    assert blocks_of("One came in.\nTwo went out.\r\nThree stayed.") == [
        "One came in.",
        "Two went out.",
        "Three stayed.",
    ]


def test_a_whole_book_keeps_every_word() -> None:
    made = chapters(2_000, 5)
    book = read_plain(plain(made), "keys")
    assert [chapter.title for chapter in book.chapters] == list(made)
    said = " ".join(p.text for chapter in book.chapters for p in chapter.paragraphs)
    assert said.split() == " ".join(f"{name} {' '.join(texts)}" for name, texts in made.items()).split()


def test_a_list_of_chapters_in_front_is_no_row_of_empty_chapters() -> None:
    book = read_plain("Chapter 1\n\nChapter 2\n\nChapter 1\n\nIt began.\n\nChapter 2\n\nIt ended.", "x")
    assert [chapter.title for chapter in book.chapters] == ["Chapter 1", "Chapter 2"]


@pytest.mark.parametrize("text", ["", "   \n\n ", "*** --- ***"])
def test_nothing_to_be_spoken(text: str) -> None:
    with pytest.raises(InvalidDocument, match="no text"):
        read_plain(text, "x")
