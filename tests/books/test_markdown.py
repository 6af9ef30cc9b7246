"""Markdown to chapters."""

from __future__ import annotations

import pytest

from makima.books.book import Paragraph
from makima.books.markdown import read_markdown
from tests.support.books import chapters, markdown


def test_chapters_and_metadata() -> None:
    made = chapters(1_000, 4)
    book = read_markdown(markdown(made), "file")
    assert (book.title, book.author, book.language) == ("The Keys of the Harbour", "A. N. Author", "en")
    assert [chapter.title for chapter in book.chapters] == list(made)
    first = book.chapters[0]
    assert first.paragraphs[0] == Paragraph(first.title, heading=True)
    assert [p.text for p in first.paragraphs[1:]] == [f"{text} Then it was over." for text in made[first.title]]


def test_one_top_heading_is_the_title() -> None:
    book = read_markdown(
        "# The Book\n\nA word before.\n\n## One\n\nFirst.\n\n### Deeper\n\nMore.\n\n## Two\n\nSecond.", "f"
    )
    assert book.title == "The Book"
    assert [chapter.title for chapter in book.chapters] == ["The Book", "One", "Two"]
    assert [p.text for p in book.chapters[1].paragraphs] == ["One", "First.", "Deeper", "More."]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("A [link](https://example.org/a_b) here.", "A link here."),
        ("It is `make it` so.", "It is make it so."),
        ("![a red door](door.png)", "a red door"),
        ("> He said\n> so.", "He said so."),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a, b"),
        ("Two \\* two.", "Two * two."),
        ("<div>inside</div>", "inside"),
        ("- one item", "one item"),
        ("- [x] a task", "a task"),
        ("A ~~struck~~ word.", "A struck word."),
        ("One<br>two <kbd>x</kbd>", "One\ntwo x"),
        ("<!-- a comment > <b>with</b> marks -->\nafter", "after"),
        ("A note[^1] is left out.\n\n[^1]: No.\n\n    Not this either.", "A note is left out."),
        ("Inline^[no] too.", "Inline too."),
        ("[^1]: No.\n\nAfter[^1] it.", "After it."),
        ("1. one\n   - two\n     - three", "one"),
    ],
)
def test_marks_are_not_read(written: str, said: str) -> None:
    assert read_markdown(written, "f").chapters[0].paragraphs[0].text == said


def test_without_headings_it_is_one_chapter_of_the_name() -> None:
    book = read_markdown("Only this.", "notes")
    assert [(chapter.title, len(chapter.paragraphs)) for chapter in book.chapters] == [("notes", 1)]


@pytest.mark.parametrize(
    ("front", "author"),
    [
        ("---\ntitle: 'My: Book'\nauthor: [Ann, \"Bo\"]\ntags:\n  - x\n---\n", "Ann, Bo"),
        ('+++\ntitle = "My: Book"\nauthors = ["Ann", "Bo"]\ndraft = true\n+++\n', "Ann, Bo"),
        ("---\ntitle: My: Book\nauthor: Ann\n...\n", "Ann"),
    ],
)
def test_front_matter(front: str, author: str) -> None:
    book = read_markdown(f"{front}Hello.", "f")
    assert (book.title, book.author) == ("My: Book", author)
    assert [p.text for p in book.chapters[0].paragraphs] == ["Hello."]


@pytest.mark.parametrize("mark", [">", "- ", "> - ", "1. "])
def test_nothing_is_lost_behind_what_is_deep(mark: str) -> None:
    book = read_markdown(f"# T\n\n{mark * 2_000} deep\n\nThe end.", "f")
    said = [p.text for p in book.chapters[0].paragraphs]
    assert said[-1] == "The end."
    assert any("deep" in text for text in said)


def test_lists_in_lists() -> None:
    lists = "\n".join(f"{'  ' * depth}- level {depth}" for depth in range(30))
    book = read_markdown(f"{lists}\n\nThe end.", "f")
    assert [p.text for p in book.chapters[0].paragraphs] == [*(f"level {depth}" for depth in range(30)), "The end."]
