"""Every page by axe's rules of accessibility, in both colour schemes, with what opens on it open."""

from __future__ import annotations

from importlib.resources import files
from typing import Literal

import pytest

from makima.server.http.pages import PAGES

from .conftest import OpenPage
from .harness import Server

AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
RUN = """async () => (await axe.run({
        preload: false,  // it would put the styles in once more, which the pages forbid
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    })).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`)"""
OPENED = {
    "/speak": ("#tune", "#figures", "#code"),
    "/converse": ("#chat-settings",),
    "/books": (),
    "/docs": (),
    "/listen": (),
    "/models": (),
    "/voices": (),
}
READY = ("connected", "ready")


@pytest.mark.parametrize("path", sorted(OPENED))
def test_there_is_nothing_to_object_to(open_page: OpenPage, espeak_server: Server, path: str) -> None:
    page = open_page(espeak_server, path, until=READY[path in ("/voices", "/models", "/books", "/docs")])
    for opener in (*OPENED[path], "#phone"):
        page.page.click(opener)
    page.until(lambda: page.page.is_visible("#phone-commands"))
    page.page.evaluate(AXE)
    schemes: tuple[Literal["dark", "light"], ...] = ("dark", "light")
    for width in (1280, 390):
        page.page.set_viewport_size({"width": width, "height": 900})
        for scheme in schemes:
            page.page.emulate_media(color_scheme=scheme)
            assert page.page.evaluate(RUN) == [], (width, scheme)


def test_every_page_is_looked_at() -> None:
    assert set(OPENED) == set(PAGES) - {"/"}
