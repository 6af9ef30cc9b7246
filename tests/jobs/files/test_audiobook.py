"""The file that comes out: chapters, cover, length."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from makima.audio.marking import statement_in
from makima.jobs.files.audiobook import About, Mark, write_book
from makima.jobs.job import BookFormat
from tests.support.books import png

RATE_HZ = 24_000
TITLES = ("One", "Zwei: die Tür", "第三章")
ABOUT = About(
    "The Keys",
    "A. N. Author",
    tuple(Mark(title, n * RATE_HZ, (n + 1) * RATE_HZ) for n, title in enumerate(TITLES)),
    png(),
)


def sound() -> Iterator[bytes]:
    tone = (np.sin(np.arange(RATE_HZ) * 0.1) * 8_000).astype("<i2").tobytes()
    return iter([tone[:1_000], tone[1_000:], tone, tone])


@pytest.mark.parametrize("form", list(BookFormat))
def test_the_whole_book(tmp_path: Path, form: BookFormat) -> None:
    path = tmp_path / f"book.{form}"
    assert list(write_book(path, form, RATE_HZ, ABOUT, sound()))[-1] == 3 * RATE_HZ
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert statement_in(path) is not None
    with av.open(str(path)) as book:
        decoded = sum(frame.samples for frame in book.decode(audio=0))
        assert decoded == pytest.approx(3 * RATE_HZ, abs=3_000)
        assert book.metadata["title"] == "The Keys"
        assert book.metadata["artist"] == "A. N. Author"
        if form is BookFormat.WAV:
            assert decoded == 3 * RATE_HZ
            return
        assert [each["metadata"]["title"] for each in book.chapters()] == list(TITLES)
        starts = [float(each["start"] * (each["time_base"] or 0)) for each in book.chapters()]
        assert starts == pytest.approx([0.0, 1.0, 2.0], abs=0.01)
        pictures = [stream for stream in book.streams if stream.type == "video"]
        assert len(pictures) == 1
    with av.open(str(path)) as book:
        assert bytes(next(iter(book.demux(video=0)))) == png()


def test_an_m4b_says_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "book.m4b"
    list(write_book(path, BookFormat.M4B, RATE_HZ, ABOUT, sound()))
    assert path.read_bytes()[4:12] == b"ftypM4B "


def test_what_is_left_in_the_middle_takes_no_name(tmp_path: Path) -> None:
    path = tmp_path / "book.m4b"
    writing = write_book(path, BookFormat.M4B, RATE_HZ, ABOUT, sound())
    next(writing)
    assert not path.exists()
    list(write_book(path, BookFormat.M4B, RATE_HZ, ABOUT, sound()))
    assert path.exists()


def test_a_book_without_author_and_cover(tmp_path: Path) -> None:
    path = tmp_path / "book.m4b"
    list(write_book(path, BookFormat.M4B, RATE_HZ, About("T", None, (Mark("One", 0, 3 * RATE_HZ),)), sound()))
    with av.open(str(path)) as book:
        assert "artist" not in book.metadata
        assert [each["metadata"]["title"] for each in book.chapters()] == ["One"]
