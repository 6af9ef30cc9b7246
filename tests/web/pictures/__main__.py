"""`make pictures`: takes the pictures of the documentation, with a real voice, recogniser and browser.

Arguments: names of pictures; all without any. Needs `makima models pull kokoro` and `makima models pull whisper-base`.
"""

from __future__ import annotations

import json
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, ViewportSize, sync_playwright

from makima.audio import wav
from makima.events import Samples
from tests.support.server.chat_server import Answering, Asked, chat_endpoint
from tests.web.conftest import ARGUMENTS, CHROMIUM
from tests.web.harness import Server, SpeakPage
from tests.web.pictures import record

WAIT_S = 180.0
WIDTH, HEIGHT = 1280, 940
RATE_HZ = 24_000
PAUSE = np.zeros(2 * RATE_HZ, np.float32)

EARLIER = (
    ("Your table is ready: a window seat, with the whole harbour to look at.", "af_bella"),
    ("Turn left at the lighthouse, then follow the path along the cliff.", "bm_george"),
)
TEXT = (
    "The ferry left at nine, and the harbour was quiet again. She poured the tea, opened the window, and listened: "
    "somewhere over the water, someone was singing."
)
QUESTION = "When is high water this evening, and do I need an umbrella?"
REPLIES = (
    "Good evening! I am here. Ask me about the tide, the weather, or the way home.",
    "High water is at twenty past nine. It stays dry until midnight, so leave the umbrella at home. "
    "If you walk along the pier, the lamps are lit from eight.",
)


async def answered(answer: Answering, asked: Asked) -> None:
    """The reply to what was said last, word for word, as a chat model sends it: to a greeting, or to the question."""
    said = [message["content"] for message in asked.body["messages"] if message["role"] == "user"]
    await answer.say(*(f"{word} " for word in REPLIES["water" in said[-1].lower()].split()))


@contextmanager
def opened(browser: Browser, server: Server, path: str, until: str = "connected") -> Iterator[SpeakPage]:
    """A page of the size of the pictures."""
    size: ViewportSize = {"width": WIDTH, "height": HEIGHT}
    context = browser.new_context(
        base_url=server.url, color_scheme="light", viewport=size, device_scale_factor=2, locale="en"
    )
    yield SpeakPage(context.new_page(), path, until=until)
    context.close()


def take(page: SpeakPage, picture: str) -> None:
    page.page.screenshot(path=record.DOCS / picture)
    print(f"docs/{picture}", flush=True)


def speak(browser: Browser, server: Server) -> None:
    """A text while it is heard, and two that were spoken before."""
    with opened(browser, server, "/speak") as page:
        for text, voice in (*EARLIER, (TEXT, "af_heart")):
            page.page.select_option("#voice", voice)
            page.speak(text)
            page.until(lambda: page.state == "speaking", WAIT_S)
            page.until(lambda: page.state == "connected", WAIT_S)
            page.until(lambda: page.counters["state"] == "idle", WAIT_S)
        # It is heard again: now all of its sound is there, on however slow a machine.
        page.page.click("#play")
        page.until(lambda: "0:03" < page.text_of("#time") < "0:05", WAIT_S)  # "0:03.4 / 0:08.1"
        page.page.mouse.move(0, 0)
        take(page, "speak.png")


def converse(browser: Browser, server: Server) -> None:
    """A call: what was asked aloud, while the answer is heard."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "question.wav"
        wav.write(file, np.concatenate([PAUSE, sound(server, QUESTION), *[PAUSE] * 15]), RATE_HZ)
        arguments = (
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-audio-capture={file}%noloop",
        )
        chromium = browser.browser_type.launch(executable_path=CHROMIUM, args=(*ARGUMENTS, *arguments))
        with opened(chromium, server, "/converse") as page:
            said = page.page.locator("#said-list .words")
            page.page.fill("#typed", "Good evening, are you there?")
            page.page.keyboard.press("Enter")
            page.until(lambda: page.state == "speaking", WAIT_S)
            page.until(lambda: any(message["type"] == "complete" for message in page.received), WAIT_S)
            page.until(lambda: page.counters["state"] == "idle", WAIT_S)
            page.page.click("#call")  # what was begun by typing has no microphone
            page.until(lambda: page.state == "connected", WAIT_S)
            page.page.click("#call")
            page.until(lambda: said.count() >= 4 and page.state == "speaking", WAIT_S)
            before = page.counters["samplesPlayed"]
            page.until(lambda: page.counters["samplesPlayed"] > before + 4 * page.rate_hz, WAIT_S)
            take(page, "listen.png")
        chromium.close()


def sound(server: Server, text: str) -> Samples:
    """`text` in another voice than the one that answers."""
    body = {"model": "tts-1", "input": text, "voice": "bm_george", "response_format": "pcm"}
    request = urllib.request.Request(
        f"{server.url}/v1/audio/speech", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
        return np.frombuffer(answer.read(), "<i2").astype(np.float32) / np.float32(32768)


def voices(browser: Browser, server: Server) -> None:
    """The voices, one of which is a favourite."""
    with opened(browser, server, "/voices", "ready") as page:
        page.page.locator("#voice-cards [data-do=like]").nth(1).click()
        page.page.locator("#voice-cards [data-do=default]").first.click()
        page.page.mouse.move(0, 0)
        take(page, "voices.png")


TAKERS = {"speak.png": speak, "listen.png": converse, "voices.png": voices}


def main(names: list[str]) -> int:
    """Take them, and record which state of the pages they show."""
    wanted = names or list(TAKERS)
    if unknown := set(wanted) - set(TAKERS):
        print(f"There is no picture {', '.join(sorted(unknown))}: there are {', '.join(TAKERS)}.")
        return 2
    if CHROMIUM is None:
        print("Chromium is not installed (on Debian: apt-get install chromium-headless-shell).")
        return 2
    with (
        tempfile.TemporaryDirectory() as folder,
        chat_endpoint(answered) as chat,
        Server(
            Path(folder),
            TTS_ENGINE="kokoro",
            MAKIMA_STT="whisper",
            MAKIMA_LLM_BASE_URL=chat,
            MAKIMA_LLM_MODEL="your-model",
            MAKIMA_DATA_DIR=f"{folder}/data",
        ) as server,
        sync_playwright() as playwright,
    ):
        sound(server, "Ready.")  # so that no page has to wait for the model
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name in wanted:
            TAKERS[name](browser, server)
            record.write([name])
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
