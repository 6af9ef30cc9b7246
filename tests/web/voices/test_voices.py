"""The Voices page: from a microphone or a file to a voice that speaks."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
import wave
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from makima.audio import wav
from makima.engines.qwen3.voices.voices import stand_in_recording
from makima.voices.consent import STATEMENT
from tests.support.commands import makima
from tests.support.models.checkpoints import make_home
from tests.support.recordings import RATE_HZ, TRANSCRIPT, speech, write_audio
from tests.web.conftest import launched
from tests.web.harness import WAIT_S, Server, pauses_ms
from tests.web.speak.test_speak import FAINT_TEXTS

T = TypeVar("T")
SCHEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")


class VoicesPage:
    """The Voices page in a browser, with what the browser complained of."""

    def __init__(self, page: Page, *, until: str = "ready") -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.set_default_timeout(1000 * WAIT_S)
        page.goto("/voices?capture=1")
        self.until(lambda: self.state == until)

    @property
    def state(self) -> str:
        return str(self.page.evaluate("window.makima?.state() ?? ''"))

    def until(self, reached: Callable[[], T], timeout_s: float = 3 * WAIT_S) -> T:
        """Wait until `reached` gives something true. Playwright's own waiting needs eval, which the page forbids."""
        deadline_s = time.monotonic() + timeout_s
        for pause_ms in pauses_ms():
            if result := reached():
                return result
            if time.monotonic() > deadline_s:
                break
            self.page.wait_for_timeout(pause_ms)
        raise AssertionError(f"waited {timeout_s} s; state {self.state!r}, {self.text_of('#voices-notice')!r}")

    def text_of(self, selector: str) -> str:
        return self.page.locator(selector).inner_text()

    def names(self) -> list[str]:
        return self.page.locator("#voice-cards h3").all_inner_texts()

    def card(self, name: str, button: str) -> Any:
        return self.page.locator(
            "#voice-cards li", has=self.page.get_by_role("heading", name=name, exact=True)
        ).locator(f"[data-do={button}]")

    def played_samples(self) -> int:
        return int(self.page.evaluate("makima.player.counters().samplesPlayed"))

    def describe(self, name: str, transcript: str | None = TRANSCRIPT) -> None:
        self.page.fill("#voice-name", name)
        if transcript is not None:
            self.page.fill("#transcript", transcript)
        self.page.check("#consent")
        self.page.fill("#consent-by", "Ann")

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_home(tmp_path_factory.mktemp("qwen3") / "home")


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Server]:
    model = {"TTS_ENGINE": "qwen3", "TTS_MODEL_ID": str(home / "checkpoint"), "TTS_DEVICE": "cpu"}
    with Server(home, **model, TTS_VOICES_DIR=str(home / "voices"), OMP_NUM_THREADS="1") as server:
        yield server


@pytest.fixture(scope="module")
def talking(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser into whose microphone somebody speaks, over and over."""
    path = tmp_path_factory.mktemp("microphone") / "spoken.wav"
    wav.write(path, stand_in_recording(48_000), 48_000)
    microphone = (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={path}",
    )
    with launched(browser, *microphone) as chromium:
        yield chromium


@pytest.fixture
def open_voices(talking: Browser) -> Iterator[Callable[..., VoicesPage]]:
    """Opens the page in a browser profile of its own; at the end no page may have complained."""
    contexts: list[BrowserContext] = []
    pages: list[VoicesPage] = []

    def open_page(server: Server, *, until: str = "ready", **profile: Any) -> VoicesPage:
        contexts.append(talking.new_context(base_url=server.url, reduced_motion="reduce", **profile))
        pages.append(VoicesPage(contexts[-1].new_page(), until=until))
        return pages[-1]

    yield open_page
    for context in contexts:
        context.close()
    assert [complaint for page in pages for complaint in page.complaints] == []


OpenVoices = Callable[..., VoicesPage]


def test_recorded_made_heard_and_deleted(open_voices: OpenVoices, server: Server, home: Path) -> None:
    page = open_voices(server, permissions=["microphone"])
    assert page.names() == ["Hummer", "Makima"]
    page.page.click("#new-voice")
    assert page.state == "empty"
    page.page.select_option("#source-language", "German")
    assert page.page.get_attribute("#aloud", "lang") == "de"
    page.page.click("#record-voice")
    page.until(lambda: page.text_of("#countdown").startswith("Recording in"))
    page.until(lambda: page.state == "recording")
    meter = page.page.locator("#voice-level span")
    page.until(lambda: float(meter.evaluate("bar => parseFloat(bar.style.width) || 0")) > 30)
    page.until(lambda: re.match(r"5\.\d s, \d+ left", page.text_of("#countdown")))
    page.page.click("#record-voice")
    page.until(lambda: page.state == "ready")
    assert page.page.is_hidden("#voice-level")
    assert re.match(r"[5-7]\.\d s, a good length", page.text_of("#keep-length"))
    assert page.page.input_value("#transcript") == page.text_of("#aloud"), "what was read aloud is offered"
    page.page.click("#play-part")
    page.until(lambda: page.played_samples() > 4_000)
    page.page.click("#play-part")
    page.describe("Ann", transcript=None)
    page.page.click("#make")
    page.until(lambda: page.text_of("#made-name") == "Ann is ready.")
    page.until(lambda: page.names() == ["Ann", "Hummer", "Makima"])
    manifest = json.loads((home / "voices" / "ann" / "manifest.json").read_text())
    assert (manifest["language"], manifest["consent"]["words"]) == ("German", STATEMENT)
    with wave.open(str(home / "voices" / "ann" / "reference.wav")) as file:
        assert 4 < file.getnframes() / RATE_HZ < 7.5
    page.page.fill("#preview-text", "Hello there.")
    page.page.click("#preview")
    page.until(lambda: page.played_samples() > 2_000)
    page.until(lambda: page.text_of("#preview") == "Hear it")
    page.card("Ann", "recording").click()
    page.until(lambda: page.played_samples() > 24_000)
    page.card("Ann", "recording").click()
    delete = page.card("Ann", "delete")
    delete.click()
    assert delete.inner_text() == "Really delete?"
    delete.evaluate("button => button.blur()")
    assert delete.inner_text() == "Delete"
    delete.click()
    delete.click()
    page.until(lambda: page.names() == ["Hummer", "Makima"])
    assert not (home / "voices" / "ann").exists()
    assert page.page.is_hidden("#made")
    # What the browser says of `/ready`, which is asked while the model is being loaded.
    page.complaints[:] = [line for line in page.complaints if "503" not in line]


def test_a_file_trimmed_by_keyboard_and_pointer(
    open_voices: OpenVoices, server: Server, home: Path, tmp_path: Path
) -> None:
    path = tmp_path / "long.flac"
    write_audio(path, "flac", 44_100, [speech(12.0, rate_hz=44_100)] * 2)
    page = open_voices(server)
    page.page.click("#new-voice")
    page.page.set_input_files("#file", path)
    page.until(lambda: page.text_of("#keep-length") == "12.0 s, a good length")
    first = page.page.get_by_role("slider", name="Keep from")
    last = page.page.get_by_role("slider", name="Keep up to")
    first.focus()
    for _ in range(2):
        page.page.keyboard.press("PageUp")
    page.page.keyboard.press("ArrowRight")
    assert first.get_attribute("aria-valuetext") == "2.1 seconds"
    page.page.keyboard.press("Home")
    page.page.keyboard.press("End")
    assert first.get_attribute("aria-valuetext") == "11.5 seconds", "half a second is left"
    page.page.keyboard.press("Home")
    box = page.page.locator("#trim").bounding_box()
    assert box is not None
    page.page.mouse.move(box["x"] + box["width"], box["y"] + box["height"] - 5)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20, steps=4)
    page.page.mouse.up()
    assert abs(float(last.get_attribute("aria-valuenow") or 0) - 6.0) < 0.2
    page.describe("Trimmed")
    page.page.click("#make")
    page.until(lambda: "Trimmed" in page.names())
    with wave.open(str(home / "voices" / "trimmed" / "reference.wav")) as file:
        assert abs(file.getnframes() / RATE_HZ - 6.0) < 0.4
    page.card("Trimmed", "delete").click()
    page.card("Trimmed", "delete").click()
    page.until(lambda: "Trimmed" not in page.names())


def test_by_page_by_curl_and_by_command_it_is_the_same_voice(
    open_voices: OpenVoices, server: Server, home: Path, tmp_path: Path
) -> None:
    path = write_audio(tmp_path / "ann.mp3", "libmp3lame", 44_100, [speech(7.0, rate_hz=44_100)] * 2)
    page = open_voices(server)
    page.page.click("#new-voice")
    page.page.select_option("#source-language", "Italian")
    page.page.set_input_files("#file", path)
    page.until(lambda: page.state == "ready")
    page.describe("Same")
    page.page.click("#make")
    page.until(lambda: "Same" in page.names())
    fields = {"name": "Same", "language": "Italian", "transcript": TRANSCRIPT, "consent": "yes", "consentBy": "Ann"}
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    form = [f"-F{name}={value}" for name, value in fields.items()]
    sent = ["curl", "-sf", f"{server.url}/api/v1/voices", "-F", f"audio=@{path}", *form]
    assert json.loads(subprocess.run(sent, capture_output=True, check=True).stdout)["id"] == "same-2"
    options = [f"--{'consent-by' if name == 'consentBy' else name}={value}" for name, value in fields.items()]
    where = {"TTS_VOICES_DIR": str(home / "voices")}
    status, _, said = makima(tmp_path, "voices", "add", str(path), *options, **where)
    assert status == 0, said
    made = [home / "voices" / name for name in ("same", "same-2", "same-3")]
    for name in ("reference.wav", "transcript.txt"):
        assert len({(folder / name).read_bytes() for folder in made}) == 1
    manifests = [json.loads((folder / "manifest.json").read_text()) for folder in made]
    for manifest in manifests:
        assert manifest["created"] == manifest["consent"]["when"]
        manifest["created"] = manifest["consent"]["when"] = None
    assert manifests[0] == manifests[1] == manifests[2]
    page.page.reload()
    page.until(lambda: page.names().count("Same") == 3)
    for folder in made:
        shutil.rmtree(folder)


def test_dropped_and_what_this_browser_cannot_show(
    open_voices: OpenVoices, server: Server, home: Path, tmp_path: Path
) -> None:
    path = write_audio(tmp_path / "a.aiff", "pcm_s16be", 24_000, [speech(4.0, noise=0.03)])
    page = open_voices(server)
    page.page.click("#new-voice")
    transfer = page.page.evaluate_handle(
        """(bytes) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "a.aiff"));
            return data;
        }""",
        list(path.read_bytes()),
    )
    page.page.dispatch_event("#maker", "drop", {"dataTransfer": transfer})
    page.until(lambda: "the server can read it" in page.text_of("#keep-length"))
    page.describe("Noisy", transcript="")
    page.page.click("#make")
    page.until(lambda: page.text_of("#made-name") == "Noisy is ready.")
    assert "The noise is only" in page.text_of("#checks")
    assert "the timbre is kept" in page.text_of("#made-note")
    page.card("Noisy", "delete").click()
    page.card("Noisy", "delete").click()
    page.until(lambda: "Noisy" not in page.names())


def test_what_is_refused_is_told_and_nothing_is_lost(open_voices: OpenVoices, server: Server, tmp_path: Path) -> None:
    wav.write(tmp_path / "short.wav", speech(1.5), RATE_HZ)
    page = open_voices(server)
    page.page.click("#new-voice")
    page.page.click("#make")
    page.until(lambda: "There is no recording yet." in page.text_of("#make-problem"))
    assert page.page.evaluate("document.activeElement.id") == "record-voice"
    page.page.set_input_files("#file", tmp_path / "short.wav")
    page.until(lambda: "3 s at least are needed" in page.text_of("#keep-length"))
    for field, problem in {
        "voice-name": "Give the voice a name.",
        "consent": "without consent no voice is made",
        "consent-by": "Enter your name",
    }.items():
        page.page.click("#make")
        assert problem in page.text_of("#make-problem")
        assert page.page.evaluate("document.activeElement.id") == field
        page.page.check("#consent") if field == "consent" else page.page.fill(f"#{field}", "Short")
    page.describe("Short")
    page.page.click("#make")
    page.until(lambda: "This recording cannot be used." in page.text_of("#make-problem"))
    assert "3 s are needed" in page.text_of("#make-problem")
    assert (page.page.input_value("#voice-name"), page.state) == ("Short", "ready")
    # What the browser says of the answer.
    page.complaints[:] = [line for line in page.complaints if "400" not in line]


def test_a_microphone_that_is_not_to_be_had(open_voices: OpenVoices, server: Server) -> None:
    page = open_voices(server)
    page.page.evaluate(
        """() => {
            navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"));
        }"""
    )
    page.page.click("#new-voice")
    page.page.click("#record-voice")
    page.until(lambda: "Allow it beside the address" in page.text_of("#record-problem"))
    assert (page.state, page.text_of("#record-voice")) == ("empty", "Record")


def test_too_loud_a_voice_is_warned_of(open_voices: OpenVoices, server: Server) -> None:
    page = open_voices(server, permissions=["microphone"])
    # The same microphone, turned up.
    page.page.evaluate(
        """() => {
            const real = AudioContext.prototype.createMediaStreamSource;
            AudioContext.prototype.createMediaStreamSource = function (stream) {
                const gain = this.createGain();
                gain.gain.value = 40;
                real.call(this, stream).connect(gain);
                return gain;
            };
        }"""
    )
    page.page.click("#new-voice")
    page.page.click("#record-voice")
    page.until(lambda: "Too loud: it is clipped." in page.text_of("#clipped"))
    assert page.page.get_attribute("#voice-level", "data-at") is not None
    page.page.click("#close-maker")
    page.until(lambda: page.state == "ready")
    assert page.page.evaluate("document.activeElement.id") == "new-voice"


def test_the_default_of_this_browser(open_voices: OpenVoices, server: Server) -> None:
    page = open_voices(server)
    assert page.card("Makima", "default").get_attribute("aria-pressed") == "true"
    page.card("Hummer", "default").click()
    assert page.card("Hummer", "default").inner_text() == "Chosen"
    assert page.card("Makima", "default").get_attribute("aria-pressed") == "false"
    page.page.get_by_role("link", name="Speak").click()
    page.until(lambda: page.page.locator("#voice").count() and page.page.input_value("#voice") == "hummer")


def test_an_engine_that_clones_nothing(open_voices: OpenVoices, espeak_server: Server) -> None:
    page = open_voices(espeak_server)
    assert page.page.is_hidden("#new-voice")
    assert page.page.locator("#no-cloning a").get_attribute("href") == "/models#qwen3-tts-0.6b"
    assert "/bin/" not in page.text_of("main"), "no command with paths of this machine"
    page.card("Alto", "hear").click()
    page.until(lambda: page.played_samples() > 10_000)
    assert page.card("Alto", "hear").inner_text() == "Stop"
    page.card("Alto", "hear").click()
    page.until(lambda: page.card("Alto", "hear").inner_text() == "Hear it")


def test_the_default_voice_is_offered_a_recording(
    open_voices: OpenVoices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the hub it cannot be fetched, and the page says so."""
    home = make_home(tmp_path / "home")
    (home / "voices" / "makima" / "reference.wav").unlink()
    model = {"TTS_ENGINE": "qwen3", "TTS_MODEL_ID": str(home / "checkpoint"), "TTS_DEVICE": "cpu"}
    with Server(home, **model, TTS_VOICES_DIR=str(home / "voices"), HF_HUB_OFFLINE="1", OMP_NUM_THREADS="1") as server:
        page = open_voices(server)
        page.page.click("#setup-default")
        page.until(lambda: "HF_HUB_OFFLINE" in page.text_of("#voices-notice"))
        assert page.page.is_enabled("#setup-default")
        assert page.page.is_hidden("#default-progress")


def test_looks(open_voices: OpenVoices, server: Server, tmp_path: Path) -> None:
    """Nothing is faint, small or wider than the screen; every control has a name and can be reached."""
    wav.write(tmp_path / "a.wav", speech(8.0), RATE_HZ)
    page = open_voices(server)
    page.page.click("#new-voice")
    page.page.set_input_files("#file", tmp_path / "a.wav")
    page.until(lambda: page.state == "ready")
    for width, scheme in product((1280, 390), SCHEMES):
        page.page.set_viewport_size({"width": width, "height": 800})
        page.page.emulate_media(color_scheme=scheme)
        found = page.page.evaluate(FAINT_TEXTS)
        assert found["faint"] == [], (width, scheme)
        assert found["checked"] > 30
        assert page.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (width, scheme)
        unnamed = page.page.evaluate(
            """() => [...document.querySelectorAll("button, input, select, textarea, [role=slider]")]
                .filter((each) => each.checkVisibility())
                .filter((each) => !each.ariaLabel && !each.labels?.length && !each.textContent.trim())
                .map((each) => each.outerHTML)"""
        )
        assert unnamed == []
        heights = page.page.locator("#page button:visible:not(.plain)").evaluate_all(
            "all => all.map((each) => each.offsetHeight)"
        )
        assert np.min(heights) >= 44, (width, scheme)


HEARD = [
    ("the", 0.4, 0.6),
    ("hole", 0.7, 0.9),
    ("garden", 1.0, 1.4),
    ("was", 1.6, 1.8),
    ("in", 1.9, 2.0),
    ("bloom", 2.1, 2.6),
]
CUT = """async ([transcript, heard, spans]) => {
    const { cutTo, differences } = await import("/web/recording/read-back.js");
    const words = heard.map(([text, start, end]) => ({ text, start, end }));
    return [spans.map(([from, to]) => cutTo(transcript, words, from, to)), differences(transcript, words)];
}"""


def test_a_transcript_is_cut_by_the_times_of_its_words(modules: Page) -> None:
    written = "The whole garden, was in bloom."
    spans = [(0, 3), (0, 1.5), (0.95, 2.05), (2.7, 3)]
    cuts, difference = modules.evaluate(CUT, [written, HEARD, spans])
    assert cuts == [written, "The whole garden,", "garden, was in", ""]
    assert difference == {"share": pytest.approx(1 / 6), "words": ["whole"]}
    letters = [(letter, 0.3 * number, 0.3 * number + 0.25) for number, letter in enumerate("今日はいい天気")]
    cuts, difference = modules.evaluate(CUT, ["今日は、いい天気。", letters, [(0, 0.85), (0.9, 3)]])
    assert cuts == ["今日は、", "いい天気。"]
    assert difference["words"] == []


def test_voices_are_found_and_liked(open_voices: OpenVoices, espeak_server: Server) -> None:
    page = open_voices(espeak_server)

    def shown() -> list[str]:
        return [name for name in page.page.locator("#voice-cards li:visible h3").all_inner_texts() if name]

    everyone = shown()
    page.page.fill("#find", "low, male")
    assert shown() == ["Baritone"]
    page.card("Baritone", "like").click()
    page.page.fill("#find", "nothing like it")
    assert page.page.is_visible("#none-found")
    page.page.fill("#find", "")
    assert shown() == everyone
    page.page.reload()
    page.until(lambda: page.state == "ready")
    page.page.click("label.switch:has(#find-liked)")
    assert shown() == ["Baritone"]
    page.page.get_by_role("link", name="Speak").click()
    page.until(lambda: page.page.get_by_role("radio").count() > 1)
    assert page.page.get_by_role("radio").nth(1).inner_text().startswith("Baritone"), "favourites come first"
