"""The Listen page, with a microphone that is fed from files of speech."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import jwt
import pytest
from playwright.sync_api import Browser, WebSocketRoute
from websockets.sync.client import connect

from makima.audio import wav
from makima.llm.echo import INTRODUCTION
from tests.support.server.chat_server import Answering, Asked, chat_endpoint
from tests.support.speech import conversation, spoken

from .conftest import OpenPage, launched
from .harness import Server, SpeakPage
from .test_speak import FAINT_TEXTS
from .test_trouble import SECRET

RATE_HZ = 48_000
SENTENCE = "I would like a cup of coffee, please."
HEARING_S = 40.0
"""The embedded recogniser takes its time on a busy machine."""

MICROPHONE = "--use-fake-device-for-media-stream"
ALLOWED = "--use-fake-ui-for-media-stream"


@pytest.fixture(scope="module")
def ears(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser whose microphone hears one sentence and 6 s of silence, over and over, and that asks no permission."""
    file = tmp_path_factory.mktemp("microphone") / "sentence.wav"
    wav.write(file, conversation(1.0, spoken(SENTENCE, rate_hz=RATE_HZ), 6.0, rate_hz=RATE_HZ), RATE_HZ)
    with launched(browser, MICROPHONE, ALLOWED, f"--use-file-for-fake-audio-capture={file}") as chromium:
        yield chromium


def texts(page: SpeakPage, selector: str) -> list[str]:
    return page.page.locator(selector).all_inner_texts()


def messages(page: SpeakPage, kind: str) -> list[dict[str, Any]]:
    return [message for message in page.received if message["type"] == kind]


def entries(page: SpeakPage) -> list[dict[str, Any]]:
    return list(page.page.evaluate("makima.entries()"))


def converse(page: SpeakPage) -> None:
    page.page.click("label.switch:has(#converse)")


def saved(page: SpeakPage, name: str) -> str:
    with page.page.expect_download() as download:
        page.page.get_by_role("button", name=name, exact=True).click()
    assert download.value.suggested_filename.startswith("transcript.")
    return Path(download.value.path()).read_text()


def test_what_is_said_is_written_out_answered_and_saved(
    open_page: OpenPage, espeak_server: Server, ears: Browser
) -> None:
    """With nothing downloaded, and no chat model: the embedded recogniser hears, and an echo answers."""
    page = open_page(espeak_server, "/listen", chromium=ears)
    converse(page)
    page.until(lambda: "so an echo answers" in page.text_of("#converse-help"))
    assert "What it hears goes to this server" in page.text_of("#story")
    assert "PocketSphinx" in page.text_of("#limits")
    assert page.page.get_by_role("button", name="Text", exact=True).is_disabled()
    page.page.click("#listen")
    page.until(lambda: page.state == "listening")
    page.until(lambda: page.state == "hearing you", HEARING_S)
    page.until(lambda: int(page.page.get_attribute("#level", "aria-valuenow") or 0) > 50, HEARING_S)
    page.until(lambda: messages(page, "partial"), HEARING_S)
    page.until(lambda: texts(page, "#said-list .words"), HEARING_S)
    final = messages(page, "final")[0]
    assert texts(page, "#said-list .words")[0] == final["text"]
    assert len(set(final["text"].split()) & {"would", "like", "a", "cup", "of", "coffee", "please"}) >= 2, final
    assert not page.page.is_visible("#said-nothing")
    page.until(lambda: page.counters["samplesPlayed"] > 0, HEARING_S)
    assert page.state == "speaking"
    reply = page.page.locator("#said-list .entry[data-kind=reply]").first
    assert reply.locator(".words").inner_text().startswith(INTRODUCTION)
    page.until(lambda: "ms after you" in reply.locator(".note").inner_text())
    page.page.keyboard.press("Escape")
    page.until(lambda: page.counters["state"] == "idle")
    page.until(lambda: messages(page, "cancelled"))
    page.page.click("#listen")
    page.until(lambda: page.state == "connected")
    # Of the reply that was stopped, what was heard: on a slow machine that is a word or two.
    said = [entry["text"] if entry["kept"] is None else entry["kept"] for entry in entries(page)]
    assert saved(page, "Text").splitlines()[0] == final["text"]
    assert saved(page, "SRT").splitlines()[0] == "1"
    assert [entry["text"] for entry in json.loads(saved(page, "JSON"))["entries"]] == [words.strip() for words in said]
    page.page.get_by_role("button", name="Clear").click()
    assert page.page.is_visible("#said-nothing")


def test_a_page_whose_place_is_taken_says_so(open_page: OpenPage, espeak_server: Server, ears: Browser) -> None:
    page = open_page(espeak_server, "/listen", chromium=ears)
    converse(page)
    page.until(lambda: any(message.get("respond") for message in page.sent))
    contract = next(message["contractId"] for message in page.sent if message.get("respond"))
    with connect(espeak_server.url.replace("http", "ws", 1) + "/api/v1/speak") as other:
        other.recv()
        other.send(json.dumps({"type": "start", "respond": True, "contractId": contract}))
        page.until(lambda: "Another page speaks the replies" in page.text_of("#notice"))
    page.until(lambda: not page.page.is_visible("#notice"))


async def long_answer(answer: Answering, _: Asked) -> None:
    await answer.say("That will be", " a long story. ", "It goes on, and on, and on. " * 20)


def test_talking_over_a_reply_stops_it(open_page: OpenPage, ears: Browser, tmp_path: Path) -> None:
    with (
        chat_endpoint(long_answer) as base_url,
        Server(tmp_path, TTS_ENGINE="espeak", MAKIMA_LLM_BASE_URL=base_url, MAKIMA_LLM_MODEL="storyteller") as server,
    ):
        page = open_page(server, "/listen?capture=1", chromium=ears)
        converse(page)
        page.until(lambda: page.text_of("#converse-help").startswith("storyteller answers."))
        page.page.click("#listen")
        page.until(lambda: page.state == "speaking", HEARING_S)
        reply = page.page.locator("#said-list .entry[data-kind=reply]").first
        # The microphone's next sentence.
        interrupted = page.until(lambda: messages(page, "interrupted"), HEARING_S)[0]
        page.until(lambda: page.counters["state"] == "idle")
        counters = page.counters
        stopped = next(message for message in page.sent if message["type"] == "cancel")
        assert stopped["requestId"] == interrupted["requestId"]
        # The sound ended where the page says that it stopped it, within the fade and a report of the worklet.
        assert counters["samplesPlayed"] / page.rate_hz * 1000 - stopped["playedMs"] < 100
        assert counters["samplesDropped"] > 0
        assert stopped["playedMs"] == pytest.approx(interrupted["playedMs"], abs=500)
        page.until(lambda: "interrupted" in reply.locator(".note").inner_text())
        assert reply.locator(".words").inner_text().startswith(interrupted["text"])
        assert "and on" in reply.locator("s").inner_text()
        # It goes on.
        page.until(lambda: page.page.locator("#said-list .entry[data-kind=reply]").count() >= 2, HEARING_S)
        page.page.click("#listen")
        converse(page)
        page.until(lambda: page.state == "connected")


def test_the_microphone_is_kept_from_the_page(open_page: OpenPage, espeak_server: Server, browser: Browser) -> None:
    """A browser without a window leaves the question unanswered, which counts as no; then it is allowed."""
    with launched(browser, MICROPHONE) as chromium:
        page = open_page(espeak_server, "/listen", chromium=chromium)
        assert page.text_of("#story").startswith("When you press Listen, your browser asks")
        page.page.click("#listen")
        page.until(lambda: page.state == "error")
        assert "keeps the microphone from this page" in page.text_of("#notice")
        page.page.context.grant_permissions(["microphone"])
        page.page.click("#listen")
        page.until(lambda: page.state == "listening")
        assert not page.page.is_visible("#notice")


def test_where_browsers_give_no_microphone(open_page: OpenPage, tone_server: Server) -> None:
    hidden = "Object.defineProperty(navigator, 'mediaDevices', { value: undefined });"
    page = open_page(tone_server, "/listen", script=hidden)
    assert "open this page as localhost, or by https" in page.text_of("#story")
    page.page.click("#listen")
    page.until(lambda: page.state == "error")
    assert "secure pages alone" in page.text_of("#notice")


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
        converse(page)
        page.page.click("#listen")
        page.until(lambda: page.page.is_visible("#token"))
        page.page.fill("#token", jwt.encode({"sub": "ann", "exp": int(time.time()) + 600}, SECRET, "HS256"))
        page.page.keyboard.press("Enter")
        page.until(lambda: page.state in ("listening", "hearing you"))
        page.until(lambda: not page.page.is_visible("#token"))
        page.until(lambda: len(messages(page, "started")) == 2)


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


class Between:
    """Both sockets of a page that converses, with a hand in what the server says: `send(socket, type, ...)`."""

    def __init__(self, open_page: OpenPage, server: Server) -> None:
        self._sockets: dict[str, WebSocketRoute] = {}
        self.page = open_page(server, "/listen", routes=self._connect)
        converse(self.page)
        self.page.until(lambda: "speak" in self._sockets and self.page.text_of("#converse-help").startswith("No chat"))

    def send(self, socket: str, kind: str, **fields: object) -> None:
        self._sockets[socket].send(json.dumps({"type": kind, **fields}))

    def _connect(self, socket: WebSocketRoute) -> None:
        self._sockets[socket.url.rpartition("/")[2]] = socket
        socket.connect_to_server()


@pytest.fixture
def between(open_page: OpenPage, espeak_server: Server) -> Between:
    return Between(open_page, espeak_server)


def test_speakers_have_names_and_colours_that_stand_out(between: Between) -> None:
    page, send = between.page, between.send
    for number in range(7):
        span = {"startMs": 1000 * number, "endMs": 1000 * number + 800}
        send("listen", "final", utterance=number, text=f"Words {number}.", speaker=f"S{number % 6 + 1}", **span)
    send("speak", "reply", requestId="r", text="A reply that is cut off.", replyTo="x")
    send("speak", "interrupted", requestId="r", audioLengthMs=900, playedMs=500, text="A reply")
    send("speak", "reply", requestId="unheard", text="Given up before it sounds.", replyTo="x")
    send("speak", "interrupted", requestId="unheard", audioLengthMs=0, playedMs=0, text="")
    send("listen", "partial", utterance=9, text="not settled", startMs=9000, endMs=9500, speaker=None)
    page.until(lambda: texts(page, "#partial .words") == ["not settled"])
    page.until(lambda: page.page.locator("#said-list s").count() == 1)
    assert sorted(texts(page, "#said-list .who")) == ["Makima", *(f"Speaker {n}" for n in (1, 1, 2, 3, 4, 5, 6))]
    colours = page.page.evaluate(
        "[...document.querySelectorAll('#said-list .who')].map((who) => getComputedStyle(who).color)"
    )
    assert len(set(colours)) == 7
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
    assert page.text_of("#notice").startswith("The chat model gave no answer. chat model: it answers 429.")
    assert "You can try again in" in page.text_of("#notice-countdown")
    between.send("speak", "reply", requestId="r2", text="Here I am.", replyTo="x")
    page.until(lambda: not page.page.is_visible("#notice"))


def test_nothing_but_the_keyboard(open_page: OpenPage, espeak_server: Server) -> None:
    page = open_page(espeak_server, "/listen")
    for role, names in {
        "button": ["Listen", "Text", "SRT", "JSON", "Clear"],
        "switch": ["Converse", "Tell speakers apart"],
        "combobox": ["Language"],
        "meter": ["Microphone level"],
        "log": ["What was said"],
        "link": ["Speak", "Listen", "API"],
    }.items():
        for name in names:
            assert page.page.get_by_role(role, name=name, exact=True).count() == 1, (role, name)  # type: ignore[arg-type]
    assert page.page.evaluate("document.activeElement.id") == "listen"
    page.page.keyboard.press("Shift+Tab")
    page.page.keyboard.press("Shift+Tab")
    page.page.keyboard.press("Space")
    page.until(lambda: page.text_of("#converse-help").startswith("No chat model"))
