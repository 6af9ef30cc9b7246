"""Reads a book in a process of its own, with limits on its memory and time: a file may be made to exhaust both."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from makima.books.book import Book, Chapter, Cover, Paragraph
from makima.books.reading import read_book
from makima.errors import InvalidDocument

MAX_MEMORY_BYTES: Final = 2 * 1024**3
MAX_CPU_S: Final = 300
MAX_WAIT_S: Final = 600.0
NICE: Final = 10

_READ, _REFUSED = 0, 3


def read_isolated(path: Path, name: str | None = None) -> Book:
    """As `read_book`, from a process that cannot harm this one. Blocks.

    Raises: InvalidDocument
    """
    command = [sys.executable, "-m", __name__, str(path), name or path.name]
    try:
        done = subprocess.run(command, capture_output=True, timeout=MAX_WAIT_S, check=False)
    except subprocess.TimeoutExpired as exc:
        raise InvalidDocument("It takes too long to be read.", mend="Split it, or convert it to text.") from exc
    if done.returncode == _REFUSED:
        said = json.loads(done.stdout)
        raise InvalidDocument(said["message"], mend=said["mend"])
    if done.returncode != _READ:
        raise InvalidDocument(
            "It cannot be read within the memory and the time there are for it.", mend="Convert it to text."
        )
    return decoded(json.loads(done.stdout))


def encoded(book: Book) -> dict[str, Any]:
    """A book as JSON."""
    cover = book.cover
    return {
        "title": book.title,
        "author": book.author,
        "language": book.language,
        "cover": None if cover is None else [base64.b64encode(cover.data).decode(), cover.media_type],
        "chapters": [[each.title, [[p.text, p.heading] for p in each.paragraphs]] for each in book.chapters],
    }


def decoded(fields: dict[str, Any]) -> Book:
    """The book that `encoded` was given."""
    cover = fields["cover"]
    return Book(
        fields["title"],
        tuple(
            Chapter(title, tuple(Paragraph(text, heading) for text, heading in paragraphs))
            for title, paragraphs in fields["chapters"]
        ),
        fields["author"],
        fields["language"],
        None if cover is None else Cover(base64.b64decode(cover[0]), cover[1]),
    )


def _limit() -> None:
    try:
        import os
        import resource
    except ImportError:  # there are no such limits on Windows
        return
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S))


def _main(path: str, name: str) -> int:
    _limit()
    try:
        answer, status = encoded(read_book(Path(path), name)), _READ
    except InvalidDocument as exc:
        answer, status = {"message": exc.message, "mend": exc.mend}, _REFUSED
    sys.stdout.buffer.write(json.dumps(answer).encode())
    return status


if __name__ == "__main__":
    raise SystemExit(_main(*sys.argv[1:3]))
