"""What all pages share: the way to them from a phone."""

from __future__ import annotations

from .conftest import OpenPage
from .harness import Server

URL = "http://192.168.1.5:8000"


def test_the_way_from_a_phone(open_page: OpenPage, tone_server: Server) -> None:
    page = open_page(tone_server)
    page.page.get_by_role("button", name="On your phone").click()
    page.until(lambda: "serve --host 0.0.0.0" in page.text_of("#phone-commands"))
    assert "answers this machine alone" in page.text_of("#phone-panel")
    answer = {"addresses": [{"url": URL, "qr": ["101", "010", "110"]}], "port": 8000, "commands": []}
    page.page.route("**/api/v1/addresses", lambda route: route.fulfill(json=answer))
    page.page.get_by_role("button", name="On your phone").click()
    assert page.page.is_hidden("#phone-panel")
    page.page.get_by_role("button", name="On your phone").click()
    code = page.page.get_by_role("img", name=f"QR code of {URL}")
    page.until(lambda: code.count() == 1)
    assert page.page.get_by_role("link", name=URL).get_attribute("href") == URL
    # A square of one by one for each dark module, within a quiet zone of four.
    assert code.locator("path").get_attribute("d") == "".join(
        f"M{x + 4} {y + 4}h1v1h-1z" for x, y in ((0, 0), (2, 0), (1, 1), (0, 2), (1, 2))
    )
    assert "--from https://192.168.1.5:8443 --to 127.0.0.1:8000" in page.text_of("#phone-caddy")
