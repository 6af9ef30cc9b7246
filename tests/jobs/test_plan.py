"""A book to steps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.books.book import Book, Chapter, Paragraph
from makima.errors import InvalidDocument
from makima.jobs.plan import (
    CHAPTER_PAUSE_MS,
    HEADING_PAUSE_MS,
    MAX_STEP_CHARACTERS,
    PARAGRAPH_PAUSE_MS,
    SENTENCE_PAUSE_MS,
    divided,
    refuse_other_scripts,
    steps_of,
)
from tests.support.books import paragraphs


def test_pauses_by_what_follows() -> None:
    long = "This is a sentence. " * 50
    chapter = Chapter("One", (Paragraph("One", heading=True), Paragraph("A."), Paragraph(long), Paragraph("B.")))
    steps = steps_of(Book("T", (chapter, Chapter("Two", (Paragraph("C."),)))))
    assert [step.number for step in steps] == list(range(len(steps)))
    assert [step.chapter for step in steps] == [0] * (len(steps) - 1) + [1]
    pauses = [step.pause_ms for step in steps]
    assert pauses == [
        *(HEADING_PAUSE_MS, PARAGRAPH_PAUSE_MS, SENTENCE_PAUSE_MS, PARAGRAPH_PAUSE_MS),
        *(CHAPTER_PAUSE_MS, CHAPTER_PAUSE_MS),
    ]


@given(st.integers(0, 10_000), st.integers(1, 400))
def test_parts_are_bounded_and_hold_every_word_once(seed: int, words: int) -> None:
    text = " ".join(paragraphs(words, seed))
    parts = divided(text)
    assert all(len(part) <= MAX_STEP_CHARACTERS for part in parts)
    assert " ".join(parts).split() == text.split()


@pytest.mark.parametrize("text", ["word " * 1_000, "你好，我来查一下。" * 200, "a" * 2_000, "One.\nTwo.\n" * 200])
def test_texts_without_usual_sentences(text: str) -> None:
    parts = divided(text.strip())
    assert all(len(part) <= MAX_STEP_CHARACTERS for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_the_same_word_again_and_again_is_not_lost() -> None:
    text = "Yes. " * 300
    assert sum(part.count("Yes.") for part in divided(text)) == 300


@pytest.mark.parametrize(
    "text", ["Hello.", "Привет, Anna.", "你好。", "こんにちは", "안녕", "12.50 €", "Say مرحبا to them all."]
)
def test_scripts_that_are_spoken(text: str) -> None:
    book = Book("T", (Chapter("C", (Paragraph(text),)),))
    assert refuse_other_scripts(book) is book


@pytest.mark.parametrize(
    ("text", "script"), [("مرحبا بالعالم.", "Arabic"), ("שלום עולם, Anna", "Hebrew"), ("สวัสดี", "Thai")]
)
def test_scripts_that_are_not_spoken(text: str, script: str) -> None:
    with pytest.raises(InvalidDocument, match=f"{script} letters"):
        refuse_other_scripts(Book("T", (Chapter("C", (Paragraph(text),)),)))
