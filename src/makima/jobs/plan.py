"""A book to the steps of its job: pure rules."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Final

from makima.books.book import Book, Chapter, Paragraph
from makima.errors import InvalidDocument
from makima.jobs.job import Step
from makima.text.language import LANGUAGES, canonical, guess
from makima.text.sentences.cutter import Cutter

MAX_STEP_CHARACTERS: Final = 600
"""Longer paragraphs are divided at ends of sentences: about 40 s of speech, which is what a crash can cost."""

SENTENCE_PAUSE_MS: Final = 250
PARAGRAPH_PAUSE_MS: Final = 600
HEADING_PAUSE_MS: Final = 1_000
CHAPTER_PAUSE_MS: Final = 1_500

GUESSED_PARAGRAPHS: Final = 100
"""Of which the language is told, where the book does not say it."""

_SCRIPTS: Final = frozenset(
    ("LATIN", "CYRILLIC", "CJK", "HIRAGANA", "KATAKANA", "HANGUL", "FULLWIDTH", "HALFWIDTH", "KATAKANA-HIRAGANA")
)
"""The first words of the names of letters that some language here is written in."""


def steps_of(book: Book) -> list[Step]:
    """The steps in which a book is spoken, numbered from 0; their text is all the text there is."""
    parts = ((number, *part) for number, chapter in enumerate(book.chapters) for part in _chapter(chapter))
    return [Step(at, chapter, text, pause_ms) for at, (chapter, text, pause_ms) in enumerate(parts)]


def _chapter(chapter: Chapter) -> Iterator[tuple[str, int]]:
    last = len(chapter.paragraphs) - 1
    for place, paragraph in enumerate(chapter.paragraphs):
        end_ms = CHAPTER_PAUSE_MS if place == last else _pause_after(paragraph, chapter.paragraphs[place + 1])
        parts = divided(paragraph.text)
        for number, text in enumerate(parts, start=1):
            yield text, end_ms if number == len(parts) else SENTENCE_PAUSE_MS


def _pause_after(paragraph: Paragraph, following: Paragraph) -> int:
    return HEADING_PAUSE_MS if paragraph.heading or following.heading else PARAGRAPH_PAUSE_MS


def divided(text: str, limit: int = MAX_STEP_CHARACTERS) -> list[str]:
    """`text` in parts of at most `limit` characters, cut where the front end ends a sentence."""
    if len(text) <= limit:
        return [text]
    cutter = Cutter()
    parts: list[str] = []
    start = end = 0
    for piece in [*cutter.feed(text), *cutter.end()]:
        at = text.index(piece, end)
        if at + len(piece) - start > limit and end > start:
            parts.append(text[start:end].strip())
            start = at
        end = at + len(piece)
    return [*parts, text[start:].strip()]


def refuse_other_scripts(book: Book) -> Book:
    """The book as it is.

    Raises: InvalidDocument where most of it is written in a script that no language here has: it would be spelt
    """
    text = "".join(islice((each.text for chapter in book.chapters for each in chapter.paragraphs), GUESSED_PARAGRAPHS))
    scripts = Counter(unicodedata.name(ch, "").partition(" ")[0] for ch in text if ch.isalpha())
    others = {script: count for script, count in scripts.items() if script not in _SCRIPTS}
    if sum(others.values()) * 2 <= scripts.total():
        return book
    raise InvalidDocument(
        f"Most of it is in {max(others, key=others.__getitem__).capitalize()} letters, which are not spoken here.",
        mend=f"The languages that are: {', '.join(LANGUAGES)}.",
    )


def language_of(book: Book) -> str:
    """The language that a book says it is in, where that is spoken here; else the one it is most likely in."""
    said = canonical(book.language) if book.language else None
    if said is not None:
        return said
    texts = (paragraph.text for chapter in book.chapters for paragraph in chapter.paragraphs)
    text = "\n".join(islice(texts, GUESSED_PARAGRAPHS))
    # By the script of most of the text, and not of a foreign word in it.
    latin = sum(ch.isascii() and ch.isalpha() for ch in text)
    return guess("".join(ch for ch in text if ord(ch) < 0x370) if latin * 2 > len(text) else text)
