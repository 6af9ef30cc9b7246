"""From the embedded voice to Qwen3-TTS on the Models page alone: fetched from a hub that is served here, and used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator

from makima.models.qwen3.checkpoint.random_checkpoint import write_random_checkpoint
from tests.support.server.hub import LARGE, Hub, serve

from .conftest import OpenPage
from .harness import Server, SpeakPage

pytest.importorskip("huggingface_hub")
pytest.importorskip("torch")

NAME = "qwen3-tts-0.6b"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    yield from serve(Hub(write_random_checkpoint(tmp_path / "released")))


@pytest.fixture
def server(tmp_path: Path, hub: Hub) -> Iterator[Server]:
    direct = {"NO_PROXY": "127.0.0.1", "HF_HUB_DISABLE_XET": "1", "HF_HUB_OFFLINE": "0"}
    folders = {"MAKIMA_DATA_DIR": str(tmp_path / "data"), "TTS_VOICES_DIR": str(tmp_path / "voices")}
    hubs = {"HF_HOME": str(tmp_path / "home"), "HF_ENDPOINT": hub.url, "HF_HUB_DISABLE_TELEMETRY": "1"}
    with Server(tmp_path, TTS_ENGINE="espeak", TTS_DEVICE="cpu", **direct, **folders, **hubs) as server:
        yield server


def button(row: Locator, does: str) -> Locator:
    return row.locator(f"[data-do={does}]")


def switched(page: SpeakPage, name: str, engine: str) -> None:
    button(page.page.locator(f".model-list li[data-name='{name}']"), "use").click()
    page.until(lambda: page.text_of("#speaks-now") == f"In use: {engine}", 60)
    page.complaints.clear()  # it was away while it started again


def test_from_the_embedded_voice_to_qwen3(open_page: OpenPage, server: Server, hub: Hub) -> None:
    page = open_page(server, "/models", until="ready")
    row = page.page.locator(f".model-list li[data-name='{NAME}']")
    assert row.locator(".fitness").inner_text(), "it is told before whether it would run here"
    assert not button(row, "use").is_visible()

    hub.held = LARGE[1]
    button(row, "fetch").click()
    page.until(lambda: row.locator("progress").is_visible() and "MB" in row.locator(".loading").inner_text())
    page.until(lambda: hub.attempts(LARGE[1]))
    button(row, "stop").click()
    page.until(lambda: button(row, "fetch").is_visible())
    assert "in part" in row.inner_text()
    assert button(row, "remove").is_visible()
    assert not button(row, "use").is_visible()

    hub.held = None
    button(row, "fetch").click()
    page.until(lambda: button(row, "use").is_visible())
    assert "installed" in row.inner_text()

    switched(page, NAME, "Qwen3-TTS")
    assert not button(row, "remove").is_visible(), "what is in use is not removed"
    assert row.get_attribute("data-use") == "yes"
    speaking = open_page(server, "/speak")
    speaking.speak("Hello.")
    speaking.until_heard()
    assert "engine qwen3" in speaking.text_of("footer")
