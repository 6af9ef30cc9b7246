"""The Models page: what this machine can run, what is here, and fetching with progress, as the server tells it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Route

from .conftest import OpenPage
from .harness import Server, SpeakPage

MACHINE = {"system": "Test x86", "cores": 4, "memoryBytes": 16_000_000_000, "gpu": None, "freeBytes": 9_000_000_000}
RUNNERS = [{"name": "kokoro", "summary": "", "kind": "speaks", "inUse": True, "problem": None}]


def model(name: str, kind: str = "speaks", **fields: object) -> dict[str, object]:
    usual = {"sizeBytes": 2_500_000_000, "hereBytes": 0, "licence": "MIT", "inUse": False, "needs": None}
    fit = {"factor": None, "memoryBytes": None, "usable": False}
    return {"name": name, "summary": "", "kind": kind, "fetch": None, **usual, **fit, **fields}


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
        "started": "a",
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


def test_each_model_says_whether_it_would_run_here(open_page: OpenPage, espeak_server: Server) -> None:
    said = {
        "qwen3-tts-0.6b": (model("qwen3-tts-0.6b", factor=0.5, memoryBytes=1_800_000_000), "about 2 times as fast"),
        "qwen3-tts-1.7b": (model("qwen3-tts-1.7b", factor=1.6, memoryBytes=3_200_000_000), "a second of speech takes"),
        "chatterbox-turbo": (model("chatterbox-turbo", sizeBytes=10_000_000_000), "Not enough room on the disk"),
        "qwen3-tts-1.7b-design": (model("qwen3-tts-1.7b-design", factor=3.0, memoryBytes=17_000_000_000), "Too large"),
        "qwen3-tts-1.7b-custom": (model("qwen3-tts-1.7b-custom", factor=0, memoryBytes=4_500_000_000), "graphics card"),
        "kokoro": (model("kokoro"), ""),
    }
    answer = {"machine": MACHINE, "runners": RUNNERS, "models": [each for each, _ in said.values()]}
    page, _ = opened(open_page, espeak_server, answer)
    assert page.text_of("#machine-disk") == "9 GB"
    for name, (_, words) in said.items():
        fitness = page.page.locator(f".model-list li[data-name='{name}'] .fitness")
        assert words in fitness.inner_text() if words else not fitness.is_visible()


def test_missing_packages_are_a_command_to_copy(open_page: OpenPage, espeak_server: Server) -> None:
    parakeet = model("parakeet", "listens", needs="cd /here && pip install this")
    page, _ = opened(open_page, espeak_server, {"machine": MACHINE, "runners": [], "models": [parakeet]})
    assert page.text_of(".needs code") == "cd /here && pip install this"
    assert page.page.get_by_role("button", name="Download: Parakeet").is_disabled()
    page.page.click(".needs [data-do=copy]")
    page.until(lambda: page.text_of(".needs [data-do=copy]") == "Copied")
    parakeet["needs"] = None
    page.page.evaluate("dispatchEvent(new Event('focus'))")
    page.until(page.page.get_by_role("button", name="Download: Parakeet").is_enabled)


def test_the_speed_of_this_machine_is_measured(open_page: OpenPage, espeak_server: Server) -> None:
    page = open_page(espeak_server, "/models", until="ready")
    assert page.text_of("#machine-speed") == "not measured"
    page.page.get_by_role("button", name="Measure the speed").click()
    page.until(lambda: "times as fast as it is heard" in page.text_of("#machine-speed"))
