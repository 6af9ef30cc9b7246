"""Voices that are heard and mixed, with a hand in what the server answers: no test needs Kokoro's weights."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Route

from tests.web.conftest import OpenPage
from tests.web.harness import Server, SpeakPage

VOICE = {
    "description": "Female, American English",
    "removable": False,
    "language": "English",
    "engine": "kokoro",
    "isDefault": False,
    "cloned": False,
    "durationMs": None,
}


def voice(voice_id: str, name: str, **fields: object) -> dict[str, object]:
    return {
        "id": voice_id,
        "name": name,
        "description": "Female, American English",
        "removable": False,
        **VOICE,
        **fields,
    }


KOKORO = [voice("makima", "Makima", isDefault=True), voice("af_heart", "Heart"), voice("jf_alpha", "Alpha")]
EVENING = voice("evening", "Evening", description="A mix: Heart (60%) and Alpha (40%)", removable=True)


def answered(page: SpeakPage, voices: list[dict[str, object]]) -> list[dict[str, Any]]:
    """Have the page see these voices; what it posts to be kept is put into the list that is returned."""
    posted: list[dict[str, Any]] = []

    def listed(route: Route) -> None:
        fields = {"voices": voices, "cloning": False, "consentStatement": "", "canSetUpDefault": False}
        route.fulfill(json=fields)

    def kept(route: Route) -> None:
        posted.append(json.loads(route.request.post_data or "{}"))
        voices.append(EVENING)
        route.fulfill(json=EVENING, status=201)

    page.page.route("**/api/v1/voices", listed)
    page.page.route("**/api/v1/voices/mixes", kept)
    page.page.reload()
    page.until(lambda: page.state == "ready")
    return posted


def test_a_mix_is_kept_by_a_name(open_page: OpenPage, espeak_server: Server) -> None:
    page = open_page(espeak_server, "/voices", until="ready")
    posted = answered(page, list(KOKORO))
    page.page.click("#mix-voices")
    page.page.select_option("#mix-one", "af_heart")
    page.page.select_option("#mix-other", "jf_alpha")
    page.page.locator("#mix-share").fill("40")
    assert page.text_of("#mix-words") == "60 % Heart · 40 % Alpha"
    page.page.get_by_role("button", name="Keep this voice").click()
    assert page.text_of("#mix-problem") == "Give the voice a name."
    page.page.fill("#mix-name", "Evening")
    page.page.keyboard.press("Enter")
    page.until(lambda: page.text_of("#mix-done") == "Evening is one of the voices now.")
    assert posted == [{"mix": "af_heart:0.60+jf_alpha:0.40", "name": "Evening"}]
    card = page.page.locator("#voice-cards li[data-id=evening]")
    page.until(lambda: card.is_visible())
    assert "a mix of voices" in card.inner_text()
    assert card.get_by_role("button", name="Delete: Evening").is_visible()
    assert page.page.get_by_role("button", name="Delete: Heart").count() == 0
    # Mixes that were chosen before they had names are told by the names of their voices.
    page.page.evaluate("localStorage.setItem('makima.voice', 'af_heart:0.6+makima:0.4')")
    page.page.get_by_role("link", name="Speak").click()
    page.until(lambda: page.page.locator("#voice option:checked").all_inner_texts() == ["Heart 60 % + Makima 40 %"])
    page.complaints[:] = [line for line in page.complaints if "404" not in line]


def test_waiting_ends_with_the_sound(open_page: OpenPage, espeak_server: Server) -> None:
    """The answer to what is waited for may come after the sound: it is then of no interest."""
    held: dict[str, Route] = {}
    page = open_page(espeak_server, "/voices", until="ready")
    page.page.route("**/preview", lambda route: held.setdefault("preview", route))
    page.page.get_by_role("button", name="Hear it: Alto").click()
    page.until(lambda: page.page.is_visible("#waiting"))
    page.page.route("**/ready", lambda route: held.setdefault("ready", route))
    page.until(lambda: "ready" in held and "preview" in held)
    held["preview"].continue_()
    page.until(lambda: page.counters["samplesPlayed"] > 0 and not page.page.is_visible("#waiting"))
    with page.page.expect_response("**/ready"):
        held["ready"].fulfill(status=503, json={"ready": False, "reason": "loading"})
    page.page.evaluate("new Promise((resolve) => setTimeout(resolve, 50))")
    assert not page.page.is_visible("#waiting")
    page.complaints[:] = [line for line in page.complaints if "503" not in line]
