"""The Models page: what this machine can run, what is here, and fetching with progress, as the server tells it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Route

from .conftest import OpenPage
from .harness import Server, SpeakPage

MACHINE = {"system": "Test x86", "cores": 4, "memoryBytes": 16_000_000_000, "gpu": None}
RUNNERS = [{"name": "kokoro", "summary": "", "kind": "speaks", "inUse": True, "problem": None}]


def model(name: str, kind: str = "speaks", **fields: object) -> dict[str, object]:
    usual = {"sizeBytes": 2_500_000_000, "hereBytes": 0, "licence": "MIT", "inUse": False, "needs": None}
    return {"name": name, "summary": "", "kind": kind, "progress": True, "fetch": None, **usual, **fields}


def opened(open_page: OpenPage, server: Server, answer: dict[str, Any]) -> tuple[SpeakPage, list[str]]:
    """The page that is told `answer`, and the requests that change something."""
    asked: list[str] = []

    def other(route: Route) -> None:
        asked.append(f"{route.request.method} {route.request.url.rpartition('/models/')[2]}")
        route.fulfill(json={})

    page = open_page(server, "/models", until="ready")
    page.page.route("**/api/v1/models", lambda route: route.fulfill(json=answer))
    page.page.route("**/api/v1/models/**", other)
    page.page.reload()
    page.until(lambda: page.state == "ready" and page.page.locator(".model-list li").count() == len(answer["models"]))
    return page, asked


def test_a_model_is_fetched_stopped_and_removed(open_page: OpenPage, espeak_server: Server) -> None:
    qwen = model("qwen3-tts-0.6b")
    answer = {
        "machine": MACHINE,
        "runners": RUNNERS,
        "models": [model("kokoro", hereBytes=2_500_000_000, inUse=True), qwen, model("whisper", "listens")],
    }
    page, asked = opened(open_page, espeak_server, answer)
    assert "16 GB" in page.text_of("#machine-memory")
    assert page.text_of("#speaks-now") == "In use: Kokoro"
    row = page.page.locator(".model-list li[data-name='qwen3-tts-0.6b']")
    assert row.locator("h3").inner_text() == "Qwen3-TTS 0.6B", "names are those that people know"
    assert "own recordings" in row.inner_text()
    assert "2.5 GB · MIT" in row.inner_text(), "size and licence are told before"
    row.get_by_role("button", name="Download").click()
    page.until(lambda: asked == ["POST qwen3-tts-0.6b/fetch"])
    qwen["fetch"] = {"doneBytes": 1_000_000_000, "totalBytes": 2_500_000_000, "problem": None}
    page.page.reload()
    page.until(lambda: row.locator("progress").is_visible())
    assert row.locator(".percent").inner_text() == "40 %"
    row.get_by_role("button", name="Stop").click()
    page.until(lambda: asked[-1] == "POST qwen3-tts-0.6b/stop")
    qwen.update(fetch=None, hereBytes=1_000_000_000)
    page.until(lambda: row.get_by_role("button", name="Remove").is_visible())
    row.get_by_role("button", name="Remove").click()
    assert row.locator("[data-do=remove]").inner_text() == "Really remove?"
    row.locator("[data-do=remove]").click()
    page.until(lambda: asked[-1] == "DELETE qwen3-tts-0.6b")


def test_a_fetch_that_failed_says_why_on_its_row(open_page: OpenPage, espeak_server: Server) -> None:
    failed = {"doneBytes": 0, "totalBytes": None, "problem": "The hub cannot be reached."}
    answer = {"machine": MACHINE, "runners": [], "models": [model("parakeet", "listens", fetch=failed)]}
    page, _ = opened(open_page, espeak_server, answer)
    assert page.page.locator(".model-list .field-problem").inner_text() == "The hub cannot be reached."
    assert page.page.get_by_role("button", name="Download: Parakeet").is_visible()


def test_the_speed_of_this_machine_is_measured(open_page: OpenPage, espeak_server: Server) -> None:
    page = open_page(espeak_server, "/models", until="ready")
    assert page.text_of("#machine-speed") == "not measured"
    page.page.get_by_role("button", name="Measure the speed").click()
    page.until(lambda: "times as fast as it is heard" in page.text_of("#machine-speed"))
