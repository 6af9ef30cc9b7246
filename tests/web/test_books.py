"""The Books page: a file goes in, its progress shows, and a book can be downloaded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Locator

from tests.support.books import chapters, epub

from .conftest import OpenPage
from .harness import Server, SpeakPage

WAIT_S = 60.0
SHOTS = os.environ.get("MAKIMA_TEST_SHOTS")
"""A folder for screenshots, to be looked at."""

SMALL_TARGETS = """() => [...document.querySelectorAll("#page :is(button, a, select, input, summary)")]
    .filter((each) => each.checkVisibility() && !each.disabled)
    .map((each) => [each.id || each.textContent, each.getBoundingClientRect()])
    .filter(([, box]) => box.height < 44 || box.width < 44).map(([name]) => name)"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path, TTS_ENGINE="espeak", MAKIMA_DATA_DIR=str(tmp_path / "data")) as running:
        yield running


def shown(page: SpeakPage, selector: str) -> Locator:
    """The first element of `selector`, once it is there to be seen."""
    found = page.page.locator(selector).first
    found.wait_for(timeout=1000 * WAIT_S)
    return found


def shot(page: SpeakPage, name: str) -> None:
    if SHOTS:
        page.page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def test_from_a_file_to_a_book(open_page: OpenPage, server: Server, tmp_path: Path) -> None:
    made = chapters(150, 3)
    page = open_page(server, "/books", until="ready")
    shown(page, "#no-books")
    assert page.page.locator("#make-book").is_disabled()
    page.page.set_input_files("#book-file", epub(tmp_path / "keys.epub", made))
    assert page.text_of("#book-name") == "keys.epub"
    page.page.select_option("#book-format", "mp3")
    page.page.click("#make-book")
    shown(page, "#book-list .save")
    assert page.text_of("#book-list h3") == "The Keys of the Harbour"
    assert page.text_of("#book-name") == "Drop a book here"
    page.page.click("#book-list summary")
    titles = page.page.locator(".book-chapters li span:nth-child(2)")
    page.until(lambda: titles.all_inner_texts() == list(made))
    with page.page.expect_download() as download:
        page.page.click("#book-list .save")
    assert download.value.suggested_filename == "The Keys of the Harbour.mp3"
    page.page.click("[data-do=delete]")
    assert page.text_of("[data-do=delete]") == "Really delete?"
    page.page.click("[data-do=delete]")
    shown(page, "#no-books")


def test_pause_and_resume_survive_a_reload(open_page: OpenPage, server: Server, tmp_path: Path) -> None:
    page = open_page(server, "/books", until="ready")
    page.page.set_input_files("#book-file", epub(tmp_path / "long.epub", chapters(20_000, 12)))
    page.page.click("#make-book")
    page.until(lambda: "of about" in page.text_of("#book-list .left"), WAIT_S)
    shot(page, "books-running")
    page.page.click("[data-do=pause]")
    shown(page, "[data-do=resume]")
    page.page.reload()
    shown(page, "[data-do=resume]").click()
    shown(page, "[data-do=pause]")


def test_what_is_refused_is_said(open_page: OpenPage, server: Server, tmp_path: Path) -> None:
    page = open_page(server, "/books", until="ready")
    (tmp_path / "broken.epub").write_bytes(b"PK\x03\x04 broken")
    page.page.set_input_files("#book-file", tmp_path / "broken.epub")
    page.page.click("#make-book")
    page.until(lambda: "zip" in page.text_of("#books-problem"), WAIT_S)
    assert "400" in page.complaints.pop()
    assert page.page.locator("#make-book").is_enabled()
    (tmp_path / "x.docx").write_bytes(b"x")
    page.page.set_input_files("#book-file", tmp_path / "x.docx")
    page.until(lambda: "x.docx" in page.text_of("#books-problem"))
    assert page.page.locator("#make-book").is_disabled()


def test_the_keyboard_alone_is_enough(open_page: OpenPage, server: Server, tmp_path: Path) -> None:
    page = open_page(server, "/books", until="ready")
    focus = "document.activeElement.id || document.activeElement.dataset.do || document.activeElement.localName"
    assert page.page.evaluate(focus) == "choose-book"
    page.page.set_input_files("#book-file", epub(tmp_path / "keys.epub", chapters(20_000, 2)))
    assert page.page.evaluate(focus) == "make-book"
    page.page.keyboard.press("Enter")
    shown(page, "#book-list [data-do=pause]")
    page.until(lambda: page.page.evaluate(focus) == "h3")
    for expected in ("summary", "pause"):
        page.page.keyboard.press("Tab")
        assert page.page.evaluate(focus) == expected
    page.page.keyboard.press("Enter")
    shown(page, "[data-do=resume]")
    page.until(lambda: page.page.evaluate(focus) == "resume")
    page.page.keyboard.press("Tab")
    page.page.keyboard.press("Enter")
    page.page.keyboard.press("Enter")
    shown(page, "#no-books")
    assert page.page.evaluate(focus) == "choose-book"


def test_it_fits_the_screen(open_page: OpenPage, server: Server, tmp_path: Path) -> None:
    page = open_page(server, "/books", until="ready")
    fits(page, "empty")
    page.page.set_input_files("#book-file", epub(tmp_path / "keys.epub", chapters(60, 2)))
    fits(page, "chosen")
    page.page.click("#make-book")
    shown(page, "#book-list .save")
    page.page.click("#book-list summary")
    page.until(lambda: page.page.locator(".book-chapters li").count() == 2)
    fits(page, "done")


def fits(page: SpeakPage, stage: str) -> None:
    schemes: tuple[Literal["dark", "light"], ...] = ("dark", "light")
    for width, scheme in product((1280, 390), schemes):
        page.page.set_viewport_size({"width": width, "height": 844})
        page.page.emulate_media(color_scheme=scheme)
        shot(page, f"books-{stage}-{width}-{scheme}")
        assert page.page.evaluate("document.documentElement.scrollWidth") == width, (stage, scheme)
        if width == 390:
            assert page.page.evaluate(SMALL_TARGETS) == [], (stage, scheme)
