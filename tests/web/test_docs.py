"""The API page, made of the server's own description."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from .harness import Server


@pytest.mark.parametrize("width", [1280, 390])
def test_it_lists_routes_and_messages_and_fits_the_screen(browser: Browser, espeak_server: Server, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 844})
    page.goto(espeak_server.url + "/docs")
    page.get_by_text("/api/v1/voices/{voice_id}/reference.wav").wait_for()
    listed = page.locator("h3").all_inner_texts()
    assert {"POST /api/v1/tts", "GET /health", "append", "cancel"} <= {name.strip() for name in listed}
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.close()
