"""A real server, a real browser, and pages in it that fail their test at any complaint of the browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, sync_playwright

from .harness import Server, SpeakPage

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser")
"""In the order of preference: a new page takes the shell 0.6 s of a processor, the whole browser 2 s."""
CHROMIUM = os.environ.get("CHROMIUM") or next((path for name in BROWSERS if (path := shutil.which(name))), None)
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_HERE = Path(__file__).parent

OpenPage = Callable[..., SpeakPage]


@contextmanager
def launched(browser: Browser, *arguments: str) -> Iterator[Browser]:
    """Another Chromium beside `browser`, with further arguments."""
    chromium = browser.browser_type.launch(executable_path=CHROMIUM, args=(*ARGUMENTS, *arguments))
    yield chromium
    chromium.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed, and in CI the browser tests are never skipped.")
        pytest.skip("Chromium is not installed (on Debian: apt-get install chromium-headless-shell).")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def espeak_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The product as people start it."""
    with Server(tmp_path_factory.mktemp("espeak"), TTS_ENGINE="espeak") as server:
        yield server


@pytest.fixture(scope="session")
def tone_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """40 ms of tone for each character."""
    with Server(tmp_path_factory.mktemp("tones"), TTS_ENGINE="fake") as server:
        yield server


@pytest.fixture(scope="package")
def modules(browser: Browser, tone_server: Server) -> Iterator[Page]:
    """A page in which modules of the pages are called by themselves; no test changes what it shows or keeps."""
    context = browser.new_context(base_url=tone_server.url)
    page = SpeakPage(context.new_page(), "/docs", until="ready")
    yield page.page
    context.close()
    assert page.complaints == []


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens a page of a server in a browser profile of its own; at the end no page may have complained."""
    with ExitStack() as stack:
        pages: list[SpeakPage] = []

        def open_page(
            server: Server,
            path: str = "/?capture=1",
            *,
            until: str = "connected",
            script: str = "",
            routes: Callable[[WebSocketRoute], None] | None = None,
            chromium: Browser = browser,
            **profile: Any,
        ) -> SpeakPage:
            # Tests of what moves ask for it: it takes more of the processor than all else that a page does.
            context = chromium.new_context(base_url=server.url, **{"reduced_motion": "reduce", **profile})
            stack.callback(context.close)
            pages.append(SpeakPage(context.new_page(), path, until=until, script=script, routes=routes))
            return pages[-1]

        yield open_page
        assert [complaint for page in pages for complaint in page.complaints] == []
