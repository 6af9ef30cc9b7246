"""Cases of books: EPUB, zip archives, Markdown, HTML and PDF."""

from __future__ import annotations

from contextlib import suppress
from random import Random

from makima.books.reading import read_book
from makima.errors import MakimaError
from tests.fuzz.files import folder
from tests.fuzz.generators import any_string, mutated, text
from tests.support.books import epub_members, zipped

PARAGRAPHS = 20


def book(random: Random) -> None:
    """A book whose members, archive or text are damaged; no paragraph of it is markup without words."""
    kind = random.randrange(5)
    if kind <= 2:
        members = epub_members({"One": ["A first page.", text(random)], "Two & <3>": ["Another."]})
        if kind > 0:
            damaged = random.choice(list(members))
            members[damaged] = mutated(random, members[damaged])
            if random.random() < 0.1:
                del members[random.choice(list(members))]
            members[random.choice(("../x", "/etc/x", "a\\b", any_string(random).replace("\0", "") or "x"))] = b"x"
        data, name = (
            zipped({each.encode("utf-8", "replace").decode(): held for each, held in members.items()}),
            "a.epub",
        )
        data = mutated(random, data) if kind == 0 else data
    else:
        written = "\n\n".join(text(random) for _ in range(random.randrange(PARAGRAPHS)))
        data = mutated(random, written.encode("utf-8", "replace"))
        name = random.choice(("a.md", "a.txt", "a.html"))
        if random.random() < 0.2:
            data, name = b"%PDF-1.7\n" + data, "a.pdf"
    path = folder() / name
    path.write_bytes(data)
    with suppress(MakimaError):
        found = read_book(path)
        assert all(each.text.strip() for chapter in found.chapters for each in chapter.paragraphs)
