"""The Speak page when something is wrong: what it says, and that it goes on."""

from __future__ import annotations

import json
import time
from pathlib import Path

import jwt
from playwright.sync_api import WebSocketRoute

from .conftest import OpenPage
from .harness import Server, SpeakPage

SECRET = "a secret of thirty-two bytes or more"


def speaks(page: SpeakPage, text: str = "Go on.") -> None:
    before = page.counters["samplesPlayed"]
    page.speak(text)
    page.until(lambda: page.counters["samplesPlayed"] > before and page.state == "connected")


def test_a_text_that_cannot_be_spoken(open_page: OpenPage, tone_server: Server) -> None:
    page = open_page(tone_server)
    for text, words in {
        "🙂🙃🙂": "This text cannot be spoken. There is nothing in the text that can be spoken.",
        "bell\x07": "This text cannot be spoken.",
    }.items():
        page.speak(text)
        page.until(lambda: page.state == "error")
        assert page.page.get_by_role("alert").inner_text().startswith(words)
        speaks(page)
        assert not page.page.is_visible("#notice")


def test_a_language_that_no_voice_speaks_is_said_before(open_page: OpenPage, tone_server: Server) -> None:
    page = open_page(tone_server)
    for text, words in {
        "مرحبا بكم في الميناء": "No voice here speaks Arabic",
        "שלום": "No voice here speaks Hebrew",
        "स्वागत है": "No voice here speaks Hindi",
    }.items():
        page.page.fill("#text", text)
        assert page.text_of("#unspoken").startswith(words)
    for text in ("Willkommen, Ελένη, in der α-Gruppe.", "Добро пожаловать", "こんにちは", "", "42"):
        page.page.fill("#text", text)
        assert page.page.is_hidden("#unspoken"), text


def test_the_count_is_of_characters_and_passages(open_page: OpenPage, tone_server: Server) -> None:
    page = open_page(tone_server)
    page.page.fill("#text", "𝒳" * 1000)  # two units of UTF-16 each, one character
    assert page.text_of("#count") == "1,000"
    page.page.fill("#text", "𝒳" * 1001)
    assert page.text_of("#count") == "1,001 characters, 2 passages"


def test_an_engine_that_fails_midway(open_page: OpenPage, tone_server: Server) -> None:
    page = open_page(tone_server)
    page.speak("So far so good crash-the-engine never said")
    page.until(lambda: page.state == "error")
    assert "The engine failed on this text." in page.text_of("#notice")
    page.until(lambda: 0 < page.counters["samplesPlayed"] == len(page.delivered))
    page.until(lambda: page.counters["state"] == "idle")
    speaks(page)


def test_the_server_goes_and_comes_back(open_page: OpenPage, tmp_path: Path) -> None:
    with Server(tmp_path, TTS_ENGINE="fake") as server:
        page = open_page(server)
        speaks(page)
        server.stop()
        page.until(lambda: page.state == "disconnected")
        page.until(lambda: "Trying again in" in page.text_of("#notice"))
        page.page.click("#notice-retry")
        page.until(lambda: page.state == "disconnected")
        # What is asked for meanwhile is spoken when it is back, which it notices by itself.
        page.page.fill("#text", "As soon as you are back.")
        page.page.keyboard.press("Control+Enter")
        server.start()
        page.until(lambda: page.state == "speaking")
        assert not page.page.is_visible("#notice")
        page.until(lambda: page.state == "connected")
    page.until(lambda: page.state == "disconnected")
    # What the browser says of the address that did not answer.
    page.complaints[:] = [line for line in page.complaints if "ERR_CONNECTION_REFUSED" not in line]


def test_too_much_at_once_counts_down(open_page: OpenPage, tmp_path: Path) -> None:
    with Server(tmp_path, TTS_ENGINE="fake", MAKIMA_LIMIT_UTTERANCES="1") as server:
        page = open_page(server)
        speaks(page)
        page.speak("Once more.")
        page.until(lambda: page.state == "error")
        assert "That was too much at once." in page.text_of("#notice")
        first = page.text_of("#notice-countdown")
        assert first.startswith("You can try again in ")
        page.until(lambda: page.text_of("#notice-countdown") != first)


def test_asks_for_a_token(open_page: OpenPage, tmp_path: Path) -> None:
    with Server(tmp_path, TTS_ENGINE="fake", MAKIMA_AUTH_SECRET=SECRET) as server:
        page = open_page(server, until="error")
        page.until(lambda: page.page.is_visible("#token"))
        assert "asks for a key or token" in page.text_of("#token-story")
        assert page.page.is_hidden("#token-problem"), "nothing is wrong yet"
        page.page.fill("#token", "wrong")
        page.page.keyboard.press("Enter")
        page.until(lambda: "refused" in page.text_of("#token-problem"))
        assert page.page.input_value("#token") == "wrong", "it can be mended"
        token = jwt.encode({"sub": "someone", "exp": int(time.time()) + 60}, SECRET, "HS256")
        page.page.fill("#token", token)
        page.page.keyboard.press("Enter")
        page.until(lambda: page.state == "connected")
        page.until(lambda: not page.page.is_visible("#token") and not page.page.is_visible("#notice"))
        page.until(lambda: page.page.input_value("#voice") == "makima")
        speaks(page)
        page.page.reload()
        page.until(lambda: page.state == "connected")
        assert page.page.evaluate("localStorage.getItem('makima.token')") is None, "for this tab, unless it was wished"
        page.complaints[:] = [line for line in page.complaints if "401" not in line]


def test_loading_shows_how_far(open_page: OpenPage, tone_server: Server) -> None:
    """The messages of a slow model, put between a real session's: the test engine loads in no time."""
    sockets: list[WebSocketRoute] = []

    def between(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        socket.connect_to_server()

    page = open_page(tone_server, routes=between)

    def loading(progress: float | None) -> None:
        sockets[-1].send(json.dumps({"type": "loading", "what": "Qwen3-TTS 0.6B", "progress": progress}))

    # The page starts twice: at once, and with the voice once it knows which there are.
    page.until(lambda: [message["type"] for message in page.received].count("started") == 2)
    loading(0.42)
    page.until(lambda: page.state == "loading model")
    assert page.text_of("#loading-percent") == "42 %"
    bar = page.page.get_by_role("progressbar", name="Loading Qwen3-TTS 0.6B")
    assert bar.get_attribute("value") == "0.42"
    loading(None)
    page.until(lambda: bar.get_attribute("value") is None)
    speaks(page)
    assert not page.page.is_visible("#loading")


def test_without_any_sound(open_page: OpenPage, tone_server: Server) -> None:
    page = open_page(tone_server, script="window.AudioContext = undefined;")
    page.speak("Silently.")
    page.until(lambda: page.page.is_enabled("#save"))
    assert "The browser gives this page no sound." in page.text_of("#notice")
    assert page.page.locator("#records li").count() == 1


def test_without_a_place_to_keep_history(open_page: OpenPage, tone_server: Server) -> None:
    script = "Object.defineProperty(window, 'indexedDB', { get() { throw new DOMException('', 'SecurityError'); } });"
    page = open_page(tone_server, script=script + script.replace("indexedDB", "localStorage"))
    speaks(page)
    assert page.page.locator("#records li").count() == 1
