"""The Books page: a file goes in, its progress shows, and a book can be downloaded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.support.books import chapters, epub

from .harness import Server

WAIT_MS = 60_000
SHOTS = os.environ.get("MAKIMA_TEST_SHOTS")
"""A folder for screenshots, to be looked at."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path, TTS_ENGINE="espeak", MAKIMA_DATA_DIR=str(tmp_path / "data")) as running:
        yield running


def opened(browser: Browser, server: Server, width: int = 1280, scheme: str = "dark") -> Page:
    page = browser.new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)  # type: ignore[arg-type]
    page.set_default_timeout(WAIT_MS)

    def heard(message: ConsoleMessage) -> None:
        assert message.type != "error" or "400" in message.text, message.text

    page.on("console", heard)
    page.goto(server.url + "/books")
    page.wait_for_function("window.makima?.state() === 'ready'")
    return page


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def test_from_a_file_to_a_book(browser: Browser, server: Server, tmp_path: Path) -> None:
    made = chapters(150, 3)
    page = opened(browser, server)
    assert page.locator("#no-books").is_visible()
    assert page.locator("#make-book").is_disabled()
    shot(page, "books-empty")
    page.set_input_files("#book-file", epub(tmp_path / "keys.epub", made))
    assert "keys.epub" in page.locator("#book-name").inner_text()
    page.select_option("#book-format", "mp3")
    page.click("#make-book")
    card = page.locator("#book-list > li")
    card.wait_for()
    assert card.locator("h3").inner_text() == "The Keys of the Harbour"
    card.locator("a.save").wait_for()
    card.locator("summary").click()
    assert card.locator(".book-chapters li span:nth-child(2)").all_inner_texts() == list(made)
    shot(page, "books-done")
    with page.expect_download() as download:
        card.locator("a.save").click()
    assert download.value.suggested_filename == "The Keys of the Harbour.mp3"
    page.click("[data-do=delete]")
    assert page.locator("[data-do=delete]").inner_text() == "Delete for good?"
    page.click("[data-do=delete]")
    page.locator("#no-books").wait_for()
    page.close()


def test_pause_and_resume_survive_a_reload(browser: Browser, server: Server, tmp_path: Path) -> None:
    page = opened(browser, server)
    page.set_input_files("#book-file", epub(tmp_path / "long.epub", chapters(20_000, 12)))
    page.click("#make-book")
    page.locator("[data-do=pause]").wait_for()
    page.wait_for_function("document.querySelector('.left').textContent.includes('about')")
    page.locator("summary").click()
    shot(page, "books-running")
    page.click("[data-do=pause]")
    page.locator("[data-do=resume]").wait_for()
    page.reload()
    page.locator("[data-do=resume]").click()
    page.locator("[data-do=pause]").wait_for()
    page.close()


def test_what_is_refused_is_said(browser: Browser, server: Server, tmp_path: Path) -> None:
    page = opened(browser, server)
    (tmp_path / "broken.epub").write_bytes(b"PK\x03\x04 broken")
    page.set_input_files("#book-file", tmp_path / "broken.epub")
    page.click("#make-book")
    page.wait_for_function("document.querySelector('#books-problem').textContent.includes('zip')")
    (tmp_path / "x.docx").write_bytes(b"x")
    page.set_input_files("#book-file", tmp_path / "x.docx")
    page.wait_for_function("document.querySelector('#books-problem').textContent.includes('x.docx')")
    assert page.locator("#make-book").is_disabled()
    page.close()


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_the_screen(browser: Browser, server: Server, tmp_path: Path, width: int, scheme: str) -> None:
    page = opened(browser, server, width, scheme)
    page.set_input_files("#book-file", epub(tmp_path / "keys.epub", chapters(60, 2)))
    page.click("#make-book")
    page.locator("a.save").wait_for()
    page.locator("summary").click()
    shot(page, f"books-{width}-{scheme}")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.close()
