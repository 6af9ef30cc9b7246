"""The Listen page, with a microphone that is fed from files of speech."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from playwright.sync_api import Browser, WebSocketRoute

from makima.audio import wav
from tests.support.speech import conversation, spoken

from .conftest import OpenPage, launched
from .harness import Server, SpeakPage
from .test_trouble import SECRET

RATE_HZ = 48_000
SENTENCE = "I would like a cup of coffee, please."
HEARING_S = 120.0
"""The embedded recogniser takes its time on a busy machine."""

MICROPHONE = "--use-fake-device-for-media-stream"
ALLOWED = "--use-fake-ui-for-media-stream"
DENIED = "--use-fake-ui-for-media-stream=deny"


@pytest.fixture(scope="module")
def ears(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser whose microphone hears one sentence and 14 s of silence, over and over, and that asks no permission."""
    file = tmp_path_factory.mktemp("microphone") / "sentence.wav"
    wav.write(file, conversation(1.0, spoken(SENTENCE, rate_hz=RATE_HZ), 14.0, rate_hz=RATE_HZ), RATE_HZ)
    with launched(browser, MICROPHONE, ALLOWED, f"--use-file-for-fake-audio-capture={file}") as chromium:
        yield chromium


def texts(page: SpeakPage, selector: str) -> list[str]:
    return page.page.locator(selector).all_inner_texts()


def messages(page: SpeakPage, kind: str) -> list[dict[str, Any]]:
    return [message for message in page.received if message["type"] == kind]


def entries(page: SpeakPage) -> list[dict[str, Any]]:
    return list(page.page.evaluate("makima.entries()"))


def saved(page: SpeakPage, name: str) -> str:
    with page.page.expect_download() as download:
        page.page.get_by_role("button", name=name, exact=True).click()
    assert download.value.suggested_filename.startswith("transcript.")
    return Path(download.value.path()).read_text()


def test_what_is_said_is_written_out_and_saved(open_page: OpenPage, espeak_server: Server, ears: Browser) -> None:
    """With nothing downloaded: the embedded recogniser hears."""
    page = open_page(espeak_server, "/listen", chromium=ears)
    assert "What is heard goes to this server" in page.text_of("#story")
    assert not page.page.is_visible("#transcript")
    page.page.click("#listen")
    page.until(lambda: page.state == "listening")
    assert page.page.get_by_role("button", name="Text", exact=True).is_disabled()
    page.until(lambda: page.state == "hearing you", HEARING_S)
    page.until(lambda: int(page.page.get_attribute("#level", "aria-valuenow") or 0) > 50, HEARING_S)
    page.until(lambda: texts(page, "#said-list .words"), HEARING_S)
    final = messages(page, "final")[0]
    assert texts(page, "#said-list .words")[0] == final["text"]
    assert len(set(final["text"].split()) & {"would", "like", "a", "cup", "of", "coffee", "please"}) >= 2, final
    assert not page.page.is_visible("#said-nothing")
    page.page.click("#listen")
    page.until(lambda: page.state == "connected")
    assert saved(page, "Text").splitlines()[0] == final["text"]
    assert saved(page, "SRT").splitlines()[0] == "1"
    assert json.loads(saved(page, "JSON"))["entries"][0]["text"] == final["text"]
    page.page.get_by_role("button", name="Clear").click()
    assert page.page.is_visible("#said-nothing")


def test_recordings_are_transcribed_one_after_the_other(
    open_page: OpenPage, espeak_server: Server, tmp_path: Path
) -> None:
    sound = conversation(0.5, spoken(SENTENCE, rate_hz=RATE_HZ), 1.0, rate_hz=RATE_HZ)
    wav.write(tmp_path / "coffee.wav", sound, RATE_HZ)
    (tmp_path / "notes.txt").write_text("no sound")
    page = open_page(espeak_server, "/listen")
    page.page.set_input_files("#files", [tmp_path / "coffee.wav", tmp_path / "notes.txt"])
    rows = page.page.locator("#queue-list li")
    page.until(lambda: [row.get_attribute("data-state") for row in rows.all()] == ["done", "failed"], HEARING_S)
    assert rows.nth(0).locator(".item-text").inner_text()
    assert "cannot be used" in rows.nth(1).get_by_role("alert").inner_text()
    with page.page.expect_download() as download:
        rows.nth(0).get_by_role("button", name="SRT").click()
    assert download.value.suggested_filename == "coffee.srt"
    assert Path(download.value.path()).read_text().startswith("1\n00:00:0")
    rows.nth(1).get_by_role("button", name="Remove").click()
    assert rows.count() == 1
    # What the browser says of the answer to what was no recording.
    page.complaints[:] = [line for line in page.complaints if "400" not in line]


def test_the_sound_of_a_tab(open_page: OpenPage, espeak_server: Server, ears: Browser) -> None:
    """The browser's choice of tabs needs a person: here the microphone stands in for the tab."""
    page = open_page(espeak_server, "/listen", chromium=ears)
    page.page.evaluate(
        """() => {
            navigator.mediaDevices.getDisplayMedia = async ({ audio, video }) => {
                window.asked = { audio, video };
                return navigator.mediaDevices.getUserMedia({ audio: true });
            };
        }"""
    )
    page.page.click("#tab")
    page.until(lambda: page.state in ("listening", "hearing you"))
    assert page.page.evaluate("asked") == {"audio": True, "video": True}
    # On a busy machine the recogniser gives no partial results.
    page.until(lambda: messages(page, "partial") or messages(page, "final"), HEARING_S)
    page.page.click("#tab")
    page.until(lambda: page.state == "connected")
    page.page.evaluate("navigator.mediaDevices.getDisplayMedia = async () => new MediaStream()")
    page.page.click("#tab")
    page.until(lambda: "No sound was shared." in page.text_of("#listen-problem"))


def test_the_microphone_is_kept_from_the_page(open_page: OpenPage, espeak_server: Server, browser: Browser) -> None:
    with launched(browser, MICROPHONE, DENIED) as chromium:
        page = open_page(espeak_server, "/listen", chromium=chromium)
        page.page.click("#listen")
        page.until(lambda: "does not let this page use the microphone" in page.text_of("#listen-problem"))
        # The browser keeps its no; a sound of the page stands in for what it gives after a yes.
        page.page.evaluate(
            "navigator.mediaDevices.getUserMedia = async () => new AudioContext().createMediaStreamDestination().stream"
        )
        page.page.click("#listen")
        page.until(lambda: page.state == "listening")
        assert not page.page.is_visible("#listen-problem")


def test_where_browsers_give_no_microphone(open_page: OpenPage, tone_server: Server) -> None:
    hidden = "Object.defineProperty(navigator, 'mediaDevices', { value: undefined });"
    page = open_page(tone_server, "/listen", script=hidden)
    assert "open this page as localhost, or by https" in page.text_of("#story")
    page.page.click("#listen")
    page.until(lambda: "secure pages only" in page.text_of("#listen-problem"))


def test_it_listens_on_with_another_choice_and_when_the_server_comes_back(
    open_page: OpenPage, ears: Browser, tmp_path: Path
) -> None:
    with Server(tmp_path, TTS_ENGINE="espeak") as server:
        page = open_page(server, "/listen", chromium=ears)
        page.page.click("#listen")
        page.until(lambda: page.state in ("listening", "hearing you"))
        page.page.click("label.switch:has(#diarize)")
        page.until(lambda: messages(page, "started")[-1]["diarize"])
        page.until(lambda: page.state in ("listening", "hearing you"))
        assert not page.page.is_visible("#notice")
        server.stop()
        page.until(lambda: page.state == "disconnected")
        assert "Trying again" in page.text_of("#notice")
        server.start()
        page.until(lambda: page.state in ("listening", "hearing you"), HEARING_S)
    page.until(lambda: page.state == "disconnected")
    page.complaints[:] = [line for line in page.complaints if "ERR_CONNECTION_REFUSED" not in line]


def test_asks_for_a_token(open_page: OpenPage, ears: Browser, tmp_path: Path) -> None:
    with Server(tmp_path, TTS_ENGINE="espeak", MAKIMA_AUTH_SECRET=SECRET) as server:
        page = open_page(server, "/listen", chromium=ears)
        page.until(lambda: page.page.is_visible("#token"))
        page.page.fill("#token", jwt.encode({"sub": "ann", "exp": int(time.time()) + 600}, SECRET, "HS256"))
        page.page.keyboard.press("Enter")
        page.until(lambda: not page.page.is_visible("#token"))
        page.page.click("#listen")
        page.until(lambda: page.state in ("listening", "hearing you"))
        page.complaints[:] = [line for line in page.complaints if "401" not in line]


def test_loading_shows_how_far(open_page: OpenPage, espeak_server: Server, ears: Browser) -> None:
    """The message of a slow model, put between a real session's: the embedded recogniser loads in no time."""
    sockets: list[WebSocketRoute] = []

    def between(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        socket.connect_to_server()

    page = open_page(espeak_server, "/listen", chromium=ears, routes=between)
    sockets[-1].send(json.dumps({"type": "loading", "what": "Parakeet", "progress": 0.42}))
    page.until(lambda: page.state == "loading model")
    assert page.page.get_by_role("progressbar", name="Loading Parakeet").get_attribute("value") == "0.42"


def test_nothing_but_the_keyboard(open_page: OpenPage, espeak_server: Server) -> None:
    page = open_page(espeak_server, "/listen")
    for role, names in {
        "button": ["Choose files", "Microphone", "Sound of a tab"],
        "switch": ["Tell speakers apart"],
        "combobox": ["Language"],
        "link": ["Speak", "Converse", "Listen", "API"],
    }.items():
        for name in names:
            assert page.page.get_by_role(role, name=name, exact=True).count() == 1, (role, name)  # type: ignore[arg-type]
    assert page.page.evaluate("document.activeElement.id") == "choose"
