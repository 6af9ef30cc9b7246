"""The Speak page: from a text to the samples that are heard."""

from __future__ import annotations

import io
import re
import struct
import wave
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from playwright.sync_api import WebSocketRoute

from makima.audio.marking import SYNTHETIC
from tests.web.conftest import OpenPage
from tests.web.harness import Server, SpeakPage, trimmed

FAINT_TEXTS = """() => {
    const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((part) => part / 255)
        .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
        .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = (element) => {
        for (; element; element = element.parentElement) {
            const colour = parse(getComputedStyle(element).backgroundColor);
            if (colour[3] !== 0) return colour;
        }
    };
    const faint = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let checked = 0;
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        if (!texts.currentNode.data.trim() || !element.checkVisibility()) continue;
        if (element.matches(":disabled, option")) continue;
        const style = getComputedStyle(element);
        const [a, b] = [light(parse(style.color)), light(ground(element))].sort((x, y) => y - x);
        const contrast = (a + 0.05) / (b + 0.05);
        checked++;
        if (contrast < 4.5 || parseFloat(style.fontSize) < 12) {
            faint.push([texts.currentNode.data, contrast, style.fontSize]);
        }
    }
    return { checked, faint };
}"""


def assert_heard_whole(page: SpeakPage) -> None:
    """All that the socket delivered was heard: nothing lost, nothing added, no gap."""
    delivered, heard = page.delivered, page.heard()
    assert np.any(delivered)
    np.testing.assert_array_equal(trimmed(heard), trimmed(delivered))
    counters = page.counters
    assert counters["samplesReceived"] == counters["samplesPlayed"] == len(delivered)
    assert counters["underruns"] == counters["samplesDropped"] == counters["samplesBuffered"] == 0


def click_waveform(page: SpeakPage, fraction: float) -> None:
    page.page.locator("#waveform").scroll_into_view_if_needed()
    box = page.page.locator("#waveform").bounding_box()
    assert box is not None
    page.page.mouse.click(box["x"] + fraction * box["width"], box["y"] + 10)


def test_speaks_before_anything_was_read(open_page: OpenPage, espeak_server: Server) -> None:
    """One press on an empty page: the embedded voice says the sample sentence."""
    page = open_page(espeak_server)
    offered = page.text_of("#caption")
    page.page.click("#speak")
    assert page.state == "speaking"
    page.until_heard()
    assert_heard_whole(page)
    assert len(page.delivered) / page.rate_hz > 2
    assert page.sent[-1]["text"] == offered
    assert page.sent[-1]["language"] == "Auto"
    assert page.text_of("#found").strip() == "· English"
    page.page.click("#figures")
    for figure in ("#first-audio", "#audible"):
        assert re.fullmatch(r"\d+ ms", page.text_of(figure))
    assert float(page.text_of("#factor")) > 0
    assert page.text_of("#underruns") == "0"
    assert "espeak" in page.text_of("#engine")
    assert page.page.get_by_role("link", name="Get a better one").get_attribute("href") == "/models"
    page.speak("Bonsoir à tous.")
    page.until(lambda: page.text_of("#found").strip() == "· French")


def test_a_text_shorter_than_the_buffer_is_heard(open_page: OpenPage, tone_server: Server) -> None:
    page = open_page(tone_server)
    page.speak("I")
    page.until_heard()
    assert_heard_whole(page)
    assert len(page.delivered) == pytest.approx(0.04 * page.rate_hz, rel=0.01)


def test_a_long_text_passes_through_the_ring_buffer(open_page: OpenPage, tone_server: Server) -> None:
    """40 s of audio, four times what the ring holds, come at once; seeking near the end plays what is there."""
    page = open_page(tone_server)
    page.speak("The quick brown fox. " * 47)
    page.until(lambda: any(message["type"] == "complete" for message in page.received))
    page.until(lambda: page.counters["samplesPlayed"] > page.rate_hz)
    assert page.counters["samplesBuffered"] <= 10 * page.rate_hz
    click_waveform(page, 0.975)
    page.until(lambda: page.state == "connected")
    heard, delivered = trimmed(page.heard()), trimmed(page.delivered)
    np.testing.assert_array_equal(heard[: page.rate_hz], delivered[: page.rate_hz])
    # But for the fade-in after the seek.
    last = int(0.9 * page.rate_hz)
    np.testing.assert_array_equal(heard[-last:], delivered[-last:])


def test_cancel_is_silent_within_50_ms(open_page: OpenPage, tone_server: Server) -> None:
    page = open_page(tone_server)
    page.speak("A text that is long enough to be stopped. " * 10)
    page.until(lambda: page.counters["samplesPlayed"] > 0.3 * page.rate_hz)
    pressed_frame = page.page.evaluate(
        """() => {
            const { frame } = makima.player.counters();
            document.getElementById("speak").click();
            return frame;
        }"""
    )
    assert page.state == "connected"
    page.page.wait_for_timeout(200)
    counters = page.counters
    assert counters["state"] == "idle"
    assert 0 <= counters["lastSoundFrame"] - pressed_frame < 0.05 * page.rate_hz
    # It fades: from its last sample at full height the sound takes no step that the tones do not take.
    heard = trimmed(page.heard())
    assert np.max(np.abs(np.diff(heard, append=0.0))) <= 1.05 * np.max(np.abs(np.diff(page.delivered)))

    page.speak("And on.")
    page.until_heard()
    assert page.text_of("#state") == "connected"


def test_escape_cancels_and_control_enter_speaks_anew(open_page: OpenPage, tone_server: Server) -> None:
    page = open_page(tone_server)
    page.page.keyboard.type("First, and rather long, so that it is cut off by what follows it.")
    page.page.keyboard.press("Control+Enter")
    page.until(lambda: page.counters["samplesPlayed"] > 0)
    page.page.keyboard.press("Control+Enter")
    page.until(lambda: page.types_sent().count("speak") == 2)
    page.until(lambda: page.counters["samplesDropped"] > 0 and page.counters["state"] == "playing")
    page.page.keyboard.press("Escape")
    page.until(lambda: page.state == "connected" and page.counters["state"] == "idle")


def test_nothing_but_the_keyboard(open_page: OpenPage, tone_server: Server) -> None:
    page = open_page(tone_server)
    keyboard = page.page.keyboard

    def focused() -> str:
        script = (
            "(({ id, dataset, tagName }) => id || dataset.do || `${tagName} ${dataset.id}`)(document.activeElement)"
        )
        return str(page.page.evaluate(script))

    assert focused() == "text"
    keyboard.type("By hand.")
    stops = []
    for _ in range(6):
        keyboard.press("Tab")
        stops.append(focused())
    assert stops == ["typing", "tune", "BUTTON makima", "speak", "voice", "language"]
    keyboard.press("Shift+Tab")
    keyboard.press("Shift+Tab")
    keyboard.press("Enter")
    page.until_heard()
    stops = []
    for _ in range(12):
        keyboard.press("Tab")
        stops.append(focused())
    assert stops[:6] == ["voice", "language", "waveform", "play", "rate", "loop"]
    assert stops[6:] == ["save", "code", "figures", "clear", "play", "edit"]
    # The slider: back to the beginning, which plays, and stop.
    page.page.focus("#waveform")
    played = page.counters["samplesPlayed"]
    keyboard.press("Home")
    page.until(lambda: page.counters["samplesPlayed"] > played)
    keyboard.press("Space")
    page.until(lambda: page.text_of("#play") == "Play")
    assert page.page.get_attribute("#waveform", "aria-valuetext")


def test_every_control_has_a_name(open_page: OpenPage, tone_server: Server) -> None:
    page = open_page(tone_server)
    page.speak("Hi.")
    page.until_heard()
    for role, names in {
        "textbox": ["Text to speak"],
        "switch": ["As I type"],
        "combobox": ["Voice", "Language", "Playback speed"],
        "radio": ["Makima"],
        "slider": ["Position in the audio"],
        "button": ["Speak", "Play", "Save", "Play: Hi.", "Edit", "Clear"],
        "link": ["makima", "Speak"],
        "status": [""],
    }.items():
        for name in names:
            assert page.page.get_by_role(role, name=name, exact=False).count() >= 1, (role, name)  # type: ignore[arg-type]


def test_clicking_the_waveform_plays_from_there(open_page: OpenPage, tone_server: Server) -> None:
    page = open_page(tone_server)
    page.speak("Twenty-five characters ok")
    page.until_heard()
    before = len(page.heard())
    click_waveform(page, 0.5)
    page.until(lambda: page.text_of("#play") == "Pause")
    page.until(lambda: page.text_of("#play") == "Play")
    replayed = trimmed(page.heard()[before:])
    delivered = trimmed(page.delivered)
    assert len(replayed) == pytest.approx(len(delivered) / 2, rel=0.05)
    # But for the fade-in.
    settled = int(0.4 * len(delivered))
    np.testing.assert_array_equal(replayed[-settled:], delivered[-settled:])


def test_the_wav_holds_what_was_delivered(open_page: OpenPage, tone_server: Server) -> None:
    page = open_page(tone_server)
    page.speak("Keep this, please!")
    page.until(lambda: page.page.is_enabled("#save"))
    page.page.click("#save")
    with page.page.expect_download() as download:
        page.page.click("#download")
    assert download.value.suggested_filename == "Keep-this-please.wav"
    data = Path(download.value.path()).read_bytes()
    assert SYNTHETIC in data
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8
    with wave.open(io.BytesIO(data)) as wav:
        assert (wav.getnchannels(), wav.getsampwidth(), wav.getframerate()) == (1, 2, page.rate_hz)
        samples = np.frombuffer(wav.readframes(wav.getnframes()), "<i2")
    np.testing.assert_array_equal(samples.astype(np.float32) / 32768, page.delivered)


def test_as_i_type(open_page: OpenPage, tone_server: Server) -> None:
    page = open_page(tone_server)
    page.page.click("label.switch")
    assert "Enter or Speak ends" in page.text_of("#typing-help")
    page.page.focus("#text")
    page.page.keyboard.type("The words go out as they are writ")
    pieces = [message["text"] for message in page.sent if message["type"] == "append"]
    assert pieces == ["The ", "words ", "go ", "out ", "as ", "they ", "are "]
    assert page.state == "speaking"
    page.until(lambda: page.counters["samplesPlayed"] > 0)
    page.page.keyboard.type("ten")
    page.page.keyboard.press("Enter")
    assert page.page.input_value("#text") == ""
    assert [message["text"] for message in page.sent if message["type"] == "append"][-1] == "written"
    assert page.types_sent()[-1] == "end"
    # The next text may be begun while this one is still heard, and is heard after it.
    page.page.keyboard.type("More.")
    page.page.click("#speak")
    page.until(lambda: [message["type"] for message in page.received].count("complete") == 2)
    page.until(lambda: page.state == "connected" and page.counters["state"] == "idle")
    assert len(page.delivered) == pytest.approx(
        0.04 * len("The words go out as they are writtenMore.") * page.rate_hz, rel=0.01
    )
    assert page.counters["samplesPlayed"] == len(page.delivered)
    assert page.page.locator("#records .words").all_inner_texts() == ["More.", "The words go out as they are written"]


def test_as_i_type_is_cancelled_by_escape(open_page: OpenPage, tone_server: Server) -> None:
    page = open_page(tone_server)
    page.page.click("label.switch")
    page.page.focus("#text")
    page.page.keyboard.type("This was not meant to be said aloud, not any of it")
    page.until(lambda: page.counters["samplesPlayed"] > 0)
    page.page.keyboard.press("Escape")
    page.until(lambda: page.state == "connected" and page.counters["state"] == "idle")
    page.until(lambda: any(message["type"] == "cancelled" for message in page.received))
    page.page.keyboard.type(". But this ")
    page.page.keyboard.press("Enter")
    page.until_heard()
    assert page.page.locator("#records .words").first.inner_text() == "it. But this"


def test_history_outlives_the_page_and_plays_again(open_page: OpenPage, tone_server: Server) -> None:
    page = open_page(tone_server)
    words = [f"say {letter}" for letter in "abcdefghijk"]
    for each in words:
        page.speak(each)
        page.until(lambda: page.state == "connected")
    newest = page.delivered[-round(0.04 * len(words[-1]) * page.rate_hz) :]
    page.page.reload()
    page.until(lambda: page.state == "connected" and page.page.locator("#records li").count() == 10)
    assert page.page.locator("#records .words").all_inner_texts() == words[:0:-1]
    page.page.click("#records li:first-child .play")
    page.until(lambda: page.counters["samplesPlayed"] > 0 and page.counters["state"] == "idle")
    np.testing.assert_array_equal(trimmed(page.heard()), trimmed(newest))
    page.page.click("#records li:last-child [data-do=edit]")
    assert page.page.input_value("#text") == words[1]
    page.page.click("#clear")
    page.page.click("#clear")
    page.until(lambda: page.page.locator("#records li").count() == 0)


def test_choices_are_remembered(open_page: OpenPage, tone_server: Server) -> None:
    page = open_page(tone_server)
    page.page.select_option("#voice", "second")
    page.page.select_option("#language", "German")
    assert page.text_of("#caption").startswith("Guten Abend")
    page.page.reload()
    page.until(lambda: page.state == "connected" and page.page.input_value("#voice") == "second")
    assert page.page.input_value("#language") == "German"
    page.speak("Ja.")
    page.until_heard()
    spoken = next(message for message in page.sent if message["type"] == "speak")
    assert (spoken["voice"], spoken["language"]) == ("second", "German")


def test_plays_where_there_is_no_worklet(open_page: OpenPage, tone_server: Server) -> None:
    """Browsers offer worklets to https and localhost alone; a phone on the same network gets sound without."""
    page = open_page(tone_server)
    page.page.evaluate("Object.defineProperty(BaseAudioContext.prototype, 'audioWorklet', { value: undefined })")
    page.speak("Still here.")
    page.until_heard()
    assert_heard_whole(page)
    page.complaints[:] = [line for line in page.complaints if "ScriptProcessorNode is deprecated" not in line]


def test_an_underrun_is_counted_and_heard_as_no_click(open_page: OpenPage, tone_server: Server) -> None:
    """The audio stops coming for half a second in the middle of an utterance."""
    sockets: list[WebSocketRoute] = []
    held: list[str | bytes] = []

    def between(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        server = socket.connect_to_server()
        server.on_message(lambda data: held.append(data) if held or isinstance(data, bytes) else socket.send(data))

    page = open_page(tone_server, routes=between)
    page.speak("Eight by eight, sixty-four.")
    page.until(lambda: any(isinstance(data, str) and "complete" in data for data in held))
    whole = np.frombuffer(b"".join(data for data in held if isinstance(data, bytes)), "<i2").astype(np.float32)
    whole /= 32768
    first = int(0.3 * page.rate_hz)
    sockets[-1].send((whole[:first] * 32768).astype("<i2").tobytes())
    page.until(lambda: page.counters["state"] == "filling" and page.counters["samplesPlayed"] == first)
    page.page.wait_for_timeout(500)
    sockets[-1].send((whole[first:] * 32768).astype("<i2").tobytes())
    for data in held:
        if isinstance(data, str):
            sockets[-1].send(data)
    page.until(lambda: page.state == "connected")
    page.page.click("#figures")
    assert page.text_of("#underruns") == "1"
    assert page.counters["targetMs"] == pytest.approx(90, abs=1)
    heard = trimmed(page.heard())
    fade = int(0.005 * page.rate_hz) + 1
    np.testing.assert_array_equal(heard[: first - fade], whole[: first - fade])
    rest = len(trimmed(whole)) - first - fade
    np.testing.assert_array_equal(heard[-rest:], trimmed(whole)[-rest:])
    assert len(heard) > len(whole) + 0.4 * page.rate_hz
    assert np.max(np.abs(np.diff(heard))) <= 1.05 * np.max(np.abs(np.diff(whole)))


def test_fits_a_phone(open_page: OpenPage, tone_server: Server) -> None:
    page = open_page(tone_server, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)

    def width() -> int:
        return int(page.page.evaluate("document.documentElement.scrollWidth"))

    page.page.fill("#text", "W" * 50)
    page.page.tap("#speak")
    page.until(lambda: page.page.locator("#records li").count() == 1)
    assert width() == 390
    page.page.fill("#text", "🙂")
    page.page.keyboard.press("Escape")
    page.page.tap("#speak")
    page.until(lambda: page.state == "error")
    assert width() == 390
    page.page.set_viewport_size({"width": 320, "height": 568})
    assert width() == 320


def test_text_stands_out(open_page: OpenPage, tone_server: Server) -> None:
    """Every text on the page has a contrast of 4.5 or more and is 12 px or larger."""
    page = open_page(tone_server)
    page.speak("Hi.")
    page.until_heard()
    page.speak("🙂")
    page.until(lambda: page.state == "error")
    page.page.mouse.move(0, 0)
    schemes: tuple[Literal["dark", "light"], ...] = ("dark", "light")
    for scheme in schemes:
        page.page.emulate_media(color_scheme=scheme)
        result = page.page.evaluate(FAINT_TEXTS)
        assert result["checked"] > 25
        assert result["faint"] == []
