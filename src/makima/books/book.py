"""What a file holds once it is read: chapters of paragraphs, who wrote it, in what language, and its cover."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from makima.errors import InvalidDocument
from makima.text.speakable import is_speakable, without_controls

MAX_CHARACTERS: Final = 5_000_000
"""Of a whole book: twice the longest novels, some 90 hours of speech."""
MAX_CHAPTERS: Final = 2_000
MAX_TITLE_CHARACTERS: Final = 200
MAX_COVER_BYTES: Final = 8 * 1024 * 1024

COVER_TYPES: Final = ("image/jpeg", "image/png")

_SPACES = re.compile(r"[^\S\n]+")
_LINE_EDGES = re.compile(r" ?\n\s*")
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """What is read without a longer pause. A heading stands alone, and is read with one on both sides."""

    text: str
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter. Its title is spoken only where it also is one of the paragraphs."""

    title: str
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class Cover:
    """A picture: its bytes as they are in the file, and which of `COVER_TYPES` they are."""

    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Book:
    """A text to be read. `language` is as the file names it, for instance `en-GB`."""

    title: str
    chapters: tuple[Chapter, ...]
    author: str | None = None
    language: str | None = None
    cover: Cover | None = None

    @property
    def characters(self) -> int:
        """How many characters are to be spoken."""
        return sum(len(each.text) for chapter in self.chapters for each in chapter.paragraphs)


def cleaned(text: str) -> str:
    """`text` with single blanks, trimmed lines, and without characters that no text holds on purpose."""
    text = _SPACES.sub(" ", without_controls(_SURROGATES.sub("", text)))
    return _LINE_EDGES.sub("\n", text).strip()


def title_of(text: str, otherwise: str) -> str:
    """A title in one line and of a bounded length; `otherwise` where nothing is left of `text`."""
    line = " ".join(cleaned(text).split())
    if len(line) > MAX_TITLE_CHARACTERS:
        line = line[: MAX_TITLE_CHARACTERS - 1].rstrip() + "…"
    return line or otherwise


def picture_type(data: bytes) -> str | None:
    """Which of `COVER_TYPES` these bytes are, by how they begin."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "image/png" if data.startswith(b"\x89PNG\r\n\x1a\n") else None


def cover_of(data: bytes) -> Cover | None:
    """A cover that can be put into an audio file; None for pictures of other kinds and those that are too large."""
    kind = picture_type(data)
    return Cover(data, kind) if kind is not None and len(data) <= MAX_COVER_BYTES else None


@dataclass(slots=True)
class ChapterBuilder:
    """Collects the paragraphs of a book as they are read, and keeps to the limits.

    Raises: InvalidDocument, from each of its methods, where the book is too long
    """

    _chapters: list[tuple[str, list[Paragraph]]] = field(default_factory=list)
    _characters: int = 0

    @property
    def characters(self) -> int:
        """How many characters there are to be spoken so far."""
        return self._characters

    def open(self, title: str) -> None:
        """Begin a chapter. One that has only headings so far goes on under the new title."""
        title = title_of(title, "")
        if self._chapters and all(each.heading for each in self._chapters[-1][1]):
            self._chapters[-1] = (title, self._chapters[-1][1])
            return
        if len(self._chapters) >= MAX_CHAPTERS:
            raise InvalidDocument(f"It has more than {MAX_CHAPTERS:,} chapters.", mend="Split it.")
        self._chapters.append((title, []))

    def add(self, text: str, *, heading: bool = False) -> None:
        """Add a paragraph; nothing where it has no sound."""
        text = cleaned(text)
        if not is_speakable(text):
            return
        self._characters += len(text)
        if self._characters > MAX_CHARACTERS:
            raise InvalidDocument(f"It has more than {MAX_CHARACTERS:,} characters.", mend="Split it.")
        if not self._chapters:
            self._chapters.append(("", []))
        self._chapters[-1][1].append(Paragraph(text, heading))

    def built(self, title: str) -> tuple[Chapter, ...]:
        """The chapters that have something to be spoken. Those without a title get the book's, or a number.

        Raises: InvalidDocument where there are none
        """
        spoken = [(name, paragraphs) for name, paragraphs in self._chapters if paragraphs]
        if not spoken:
            raise InvalidDocument("There is no text in it that can be spoken.", mend="It needs a letter or a digit.")
        alone = len(spoken) == 1
        return tuple(
            Chapter(name or (title if alone or number == 1 else f"{number}"), tuple(paragraphs))
            for number, (name, paragraphs) in enumerate(spoken, start=1)
        )
