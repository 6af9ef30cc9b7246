"""The Converse page: a call with the microphone fed from a file, and with what is typed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, WebSocketRoute
from websockets.sync.client import connect

from makima.llm.echo import INTRODUCTION
from tests.support.server.chat_server import Answering, Asked, chat_endpoint
from tests.web.conftest import OpenPage, launched
from tests.web.harness import Server, SpeakPage
from tests.web.speak.test_speak import FAINT_TEXTS
from tests.web.test_listen import DENIED, HEARING_S, MICROPHONE, ears, entries, messages, texts

__all__ = ["ears"]  # a fixture, which is used by its name


def types(page: SpeakPage, text: str) -> None:
    page.page.fill("#typed", text)
    page.page.keyboard.press("Enter")


def saved(page: SpeakPage, name: str) -> str:
    with page.page.expect_download() as download:
        page.page.get_by_role("button", name=name, exact=True).click()
    assert download.value.suggested_filename.startswith("conversation.")
    return Path(download.value.path()).read_text()


def test_what_is_said_is_answered_aloud(open_page: OpenPage, espeak_server: Server, ears: Browser) -> None:
    """With nothing downloaded, and no chat model: the embedded recogniser hears, and an echo answers."""
    page = open_page(espeak_server, "/converse", chromium=ears, reduced_motion="no-preference")
    page.until(lambda: "an echo repeats" in page.text_of("#chat-note"))
    assert "What you say goes to this server" in page.text_of("#story")
    page.page.click("#call")
    page.until(lambda: page.state == "listening")
    page.until(lambda: page.state == "hearing you" and page.text_of("#who") == "You", HEARING_S)
    page.until(lambda: page.counters["samplesPlayed"] > 0, HEARING_S)
    page.until(lambda: page.state == "speaking" and page.text_of("#who") == "Makima")
    reply = page.page.locator("#said-list .entry[data-kind=reply]").first
    assert reply.locator(".words").inner_text().startswith(INTRODUCTION)
    page.until(lambda: re.search(r"\d\.\d s after you", reply.locator(".note").inner_text()))
    assert "for you to finish" in (reply.locator(".note").get_attribute("title") or "")
    page.page.keyboard.press("Escape")
    page.until(lambda: page.counters["state"] == "idle")
    page.until(lambda: messages(page, "cancelled"))
    page.page.click("#call")
    page.until(lambda: page.state == "connected")
    assert texts(page, "#said-list .who")[0] == "You"
    assert not [note for note in texts(page, "#said-list .note") if "failed" in note]
    assert "What you say goes to this server" in page.text_of("#story")
    # Of the reply that was stopped, what was heard: on a slow machine that is a word or two.
    said = [entry["text"] if entry["kept"] is None else entry["kept"] for entry in entries(page)]
    assert saved(page, "Text").startswith("You: ")
    assert [entry["text"] for entry in json.loads(saved(page, "JSON"))["entries"]] == [words.strip() for words in said]
    page.page.get_by_role("button", name="Clear").click()
    assert page.page.is_visible("#said-nothing")


def test_a_page_whose_place_is_taken_says_so(open_page: OpenPage, espeak_server: Server, ears: Browser) -> None:
    page = open_page(espeak_server, "/converse", chromium=ears)
    page.page.click("#call")
    page.until(lambda: any(message.get("respond") for message in page.sent))
    contract = next(message["contractId"] for message in page.sent if message.get("respond"))
    with connect(espeak_server.url.replace("http", "ws", 1) + "/api/v1/speak") as other:
        other.recv()
        other.send(json.dumps({"type": "start", "respond": True, "contractId": contract}))
        page.until(lambda: "Another page speaks the replies" in page.text_of("#notice"))
    page.until(lambda: not page.page.is_visible("#notice"))


def test_typing_without_a_microphone(open_page: OpenPage, espeak_server: Server) -> None:
    hidden = "Object.defineProperty(navigator, 'mediaDevices', { value: undefined });"
    page = open_page(espeak_server, "/converse", script=hidden)
    assert "You can type." in page.text_of("#story")
    types(page, "Is this thing on?")
    page.until(lambda: page.state == "speaking", HEARING_S)
    page.until(lambda: "Is this thing on?" in texts(page, "#said-list .words")[-1])
    assert texts(page, "#said-list .who") == ["You", "Makima"]
    # What is typed over a reply stops it, as words would.
    types(page, "Stop.")
    page.until(lambda: messages(page, "interrupted"))
    page.until(lambda: "Stop." in texts(page, "#said-list .words")[-1])
    page.until(lambda: page.state == "muted", HEARING_S)
    page.page.click("#call")
    page.until(lambda: page.state == "connected")
    page.page.click("#call")
    page.until(lambda: "secure pages only" in page.text_of("#call-problem"))


def test_mute_and_push_to_talk(open_page: OpenPage, espeak_server: Server, ears: Browser) -> None:
    page = open_page(espeak_server, "/converse", chromium=ears)
    page.page.click("#call")
    page.until(lambda: page.state in ("listening", "hearing you"))
    page.page.get_by_role("button", name="Mute").click()
    page.until(lambda: page.state == "muted", HEARING_S)
    page.page.get_by_role("button", name="Unmute").click()
    page.until(lambda: page.state == "hearing you", HEARING_S)
    page.page.click("label.switch:has(#push)")
    page.until(lambda: page.state in ("muted", "thinking", "speaking"), HEARING_S)
    page.page.focus("#hold")
    page.page.keyboard.down("Space")
    page.until(lambda: page.page.get_attribute("#hold", "aria-pressed") == "true")
    page.page.keyboard.up("Space")
    page.until(lambda: page.page.get_attribute("#hold", "aria-pressed") == "false")
    page.page.click("#call")
    page.until(lambda: page.state == "connected", HEARING_S)


def test_the_chat_model_is_found_and_chosen_on_the_page(open_page: OpenPage, tmp_path: Path) -> None:
    async def answers(answer: Answering, _: Asked) -> None:
        await answer.say("From the chosen ", "model.")

    with (
        chat_endpoint(answers) as base_url,
        Server(tmp_path, TTS_ENGINE="espeak", MAKIMA_DATA_DIR=str(tmp_path / "data")) as server,
    ):
        page = open_page(server, "/converse")
        page.until(lambda: page.page.is_visible("#chat-settings"))
        page.page.click("#chat-settings")
        page.page.click("#find-chat")
        page.until(lambda: page.page.is_enabled("#find-chat"))
        page.page.fill("#chat-model", "storyteller")
        page.page.fill("#chat-key", "secret")
        page.page.fill("#chat-url", base_url)
        page.page.get_by_role("button", name="Use it").click()
        page.until(lambda: page.text_of("#chat-note").startswith("storyteller answers."))
        types(page, "Who are you?")
        page.until(lambda: "From the chosen model." in texts(page, "#said-list .words"))
        assert json.loads((tmp_path / "data" / "chat.json").read_text())["api_key"] == "secret"
        server.stop()
        server.start()
        page.page.reload()
        page.until(lambda: page.text_of("#chat-note").startswith("storyteller answers."))
        page.page.click("#chat-settings")
        assert page.page.input_value("#chat-key") == "", "the key never leaves the server"
        page.page.get_by_role("button", name="Back to the server's settings").click()
        page.until(lambda: "an echo repeats" in page.text_of("#chat-note"))
    page.complaints[:] = [line for line in page.complaints if "ERR_CONNECTION_REFUSED" not in line]


async def long_answer(answer: Answering, _: Asked) -> None:
    await answer.say("That will be", " a long story. ", "It goes on, and on, and on. " * 20)


def test_talking_over_a_reply_stops_it(open_page: OpenPage, ears: Browser, tmp_path: Path) -> None:
    with (
        chat_endpoint(long_answer) as base_url,
        Server(tmp_path, TTS_ENGINE="espeak", MAKIMA_LLM_BASE_URL=base_url, MAKIMA_LLM_MODEL="storyteller") as server,
    ):
        page = open_page(server, "/converse?capture=1", chromium=ears)
        page.until(lambda: page.text_of("#chat-note").startswith("storyteller answers."))
        page.page.click("#call")
        page.until(lambda: page.state == "speaking", HEARING_S)
        reply = page.page.locator("#said-list .entry[data-kind=reply]").first
        # The microphone's next sentence.
        interrupted = page.until(lambda: messages(page, "interrupted"), HEARING_S)[0]
        page.until(lambda: page.counters["state"] == "idle")
        counters = page.counters
        cancelled = [message for message in page.sent if message["type"] == "cancel"]
        stopped = next(message for message in cancelled if message["requestId"] == interrupted["requestId"])
        # The page tells where it stopped the sound; what had come of it since is never heard.
        assert 0 < stopped["playedMs"] <= interrupted["audioLengthMs"]
        assert counters["samplesDropped"] > 0
        assert counters["samplesPlayed"] + counters["samplesDropped"] <= len(page.delivered)
        page.until(lambda: "interrupted" in reply.locator(".note").inner_text())
        assert reply.locator(".words").inner_text().startswith(interrupted["text"])
        assert "and on" in reply.locator("s").inner_text()
        # It goes on.
        page.until(lambda: page.page.locator("#said-list .entry[data-kind=reply]").count() >= 2, HEARING_S)
        page.page.click("#call")
        page.until(lambda: page.state == "connected")
        assert not [note for note in texts(page, "#said-list .note") if "failed" in note], "hanging up is no failure"


class Between:
    """Both sockets of a page that converses, with a hand in what the server says: `send(socket, type, ...)`."""

    def __init__(self, open_page: OpenPage, server: Server) -> None:
        self._sockets: dict[str, WebSocketRoute] = {}
        self.page = open_page(server, "/converse", routes=self._connect)
        types(self.page, "Hello.")
        self.page.until(lambda: "speak" in self._sockets and self.page.state == "speaking")
        self.page.page.keyboard.press("Escape")  # what follows needs both sockets, and nothing that is said
        self.page.until(lambda: messages(self.page, "cancelled") and self.page.counters["state"] == "idle")
        self.page.page.get_by_role("button", name="Clear").click()

    def send(self, socket: str, kind: str, **fields: object) -> None:
        self._sockets[socket].send(json.dumps({"type": kind, **fields}))

    def _connect(self, socket: WebSocketRoute) -> None:
        self._sockets[socket.url.rpartition("/")[2]] = socket
        socket.connect_to_server()


@pytest.fixture
def between(open_page: OpenPage, espeak_server: Server) -> Between:
    return Between(open_page, espeak_server)


def test_you_and_makima_are_told_apart(between: Between) -> None:
    page, send = between.page, between.send
    for number in range(7):
        span = {"startMs": 1000 * number, "endMs": 1000 * number + 800}
        send("listen", "final", utterance=number, text=f"Words {number}.", speaker=None, **span)
    send("speak", "reply", requestId="r", text="A reply that is cut off.", replyTo="x")
    send("speak", "interrupted", requestId="r", audioLengthMs=900, playedMs=500, text="A reply")
    send("speak", "reply", requestId="unheard", text="Given up before it sounds.", replyTo="x")
    send("speak", "interrupted", requestId="unheard", audioLengthMs=0, playedMs=0, text="")
    send("listen", "partial", utterance=9, text="not settled", startMs=9000, endMs=9500, speaker=None)
    page.until(lambda: texts(page, "#partial .words") == ["not settled"])
    page.until(lambda: page.page.locator("#said-list s").count() == 1)
    assert sorted(texts(page, "#said-list .who")) == ["Makima", *["You"] * 7]
    colours = page.page.evaluate(
        "[...document.querySelectorAll('#said-list .who')].map((who) => getComputedStyle(who).color)"
    )
    assert len(set(colours)) == 2
    schemes: tuple[Literal["dark", "light"], ...] = ("dark", "light")
    for scheme in schemes:
        page.page.emulate_media(color_scheme=scheme)
        result = page.page.evaluate(FAINT_TEXTS)
        assert result["checked"] > 30
        assert result["faint"] == []
    for width in (390, 320):
        page.page.set_viewport_size({"width": width, "height": 700})
        assert page.page.evaluate("document.documentElement.scrollWidth") == width


def test_a_chat_model_that_fails_is_told_until_it_answers(between: Between) -> None:
    page = between.page
    between.send("speak", "reply", requestId="r1", text="", replyTo="x")
    words = {"code": "UPSTREAM_ERROR", "message": "chat model: it answers 429.", "recoverable": True}
    between.send("speak", "error", **words, retryAfterMs=30_000, replyId="r1")
    page.until(lambda: page.page.is_visible("#notice"))
    assert page.text_of("#notice").startswith("The chat model gave no answer. Chat model: it answers 429.")
    assert "You can try again in" in page.text_of("#notice-countdown")
    between.send("speak", "reply", requestId="r2", text="Here I am.", replyTo="x")
    page.until(lambda: not page.page.is_visible("#notice"))


def test_the_microphone_is_kept_from_the_page(open_page: OpenPage, espeak_server: Server, browser: Browser) -> None:
    with launched(browser, MICROPHONE, DENIED) as chromium:
        page = open_page(espeak_server, "/converse", chromium=chromium)
        page.page.click("#call")
        page.until(lambda: "does not let this page use the microphone" in page.text_of("#call-problem"))
        assert page.state == "connected"
