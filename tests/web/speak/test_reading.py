"""Texts of any length on the Speak page: passages, the word that is heard, files, speed, and the request as code."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from playwright.sync_api import Page

from tests.support import warm
from tests.web.conftest import OpenPage
from tests.web.harness import Server, SpeakPage, trimmed

TEXT = "One short line.\n\nA second one, changed later.\n\n\nThird."
CUT = """async (texts) => {
    const { passagesOf, length, MOST } = await import("/web/reading/passages.js");
    return texts.map((text) => {
        const passages = passagesOf(text);
        return {
            MOST,
            longest: Math.max(0, ...passages.map(({ text }) => length(text))),
            inPlace: passages.every(({ text: words, start }) => text.startsWith(words, start)),
            letters: passages.map(({ text }) => text).join("").replace(/\\s+/g, ""),
            count: passages.length,
        };
    });
}"""
STRETCH = """async ([samples, rate, speed, size]) => {
    const { Tempo } = await import("/web/audio/tempo.js");
    const tempo = new Tempo(rate, speed);
    const all = Float32Array.from(samples);
    const out = [];
    for (let at = 0; at < all.length; at += size) out.push(...tempo.push(all.subarray(at, at + size)));
    return [...out, ...tempo.flush()];
}"""


def speaks(page: SpeakPage, message: str) -> list[dict[str, Any]]:
    return [each for each in page.sent if each["type"] == message]


def states(page: SpeakPage) -> list[str | None]:
    rows = page.page.locator("#passage-list li").all()
    return [row.get_attribute("data-state") for row in rows]


def read_out(page: SpeakPage, text: str = TEXT) -> None:
    page.page.fill("#text", text)
    page.page.click("#speak")
    page.until(lambda: states(page) == ["done"] * len(states(page)) and page.state == "connected")


def test_a_text_is_cut_into_passages_that_keep_every_letter(modules: Page) -> None:
    draw = random.Random(11)
    words = ["a", "Haus", "über", "x" * 1500, "語" * 700, "end.", "Really?", "そうです。", "\n", "\n\n", "  ", "𝒳" * 40]
    texts = [" ".join(draw.choices(words, k=draw.randrange(1, 60))) for _ in range(40)]
    texts += ["", " \n ", "One.", "no end " * 400, "。".join("語" * 90 for _ in range(40))]
    for text, found in zip(texts, modules.evaluate(CUT, texts), strict=True):
        assert found["longest"] <= found["MOST"]
        assert found["inPlace"]
        assert found["letters"] == "".join(text.split())
        assert (found["count"] > 1) or ("\n" not in text.strip() and len(text) <= 1000) or found["count"] == 1


def test_passages_are_heard_in_turn_changed_and_spoken_anew(open_page: OpenPage, tone_server: Server) -> None:
    page = open_page(tone_server)
    read_out(page)
    assert [each["text"] for each in speaks(page, "speak")] == TEXT.replace("\n\n\n", "\n\n").split("\n\n")
    heard, pause = trimmed(page.heard()), int(0.6 * page.rate_hz)
    assert len(heard) == pytest.approx(len(page.delivered) + 2 * pause, rel=0.01)
    row = page.page.locator("#passage-list li").nth(1)
    row.get_by_role("button", name="Edit passage 2").click()
    row.locator("textarea").fill("Another second.")
    row.get_by_role("button", name="Keep").click()
    assert page.page.input_value("#text") == TEXT.replace("A second one, changed later.", "Another second.")
    assert states(page) == ["done", "new", "done"], "what did not change is not spoken again"
    row.get_by_role("button", name="Redo passage 2").click()
    page.until(lambda: states(page) == ["done"] * 3 and page.state == "connected")
    assert speaks(page, "speak")[-1]["text"] == "Another second."
    count = len(speaks(page, "speak"))
    played = page.counters["samplesPlayed"]
    page.page.get_by_role("button", name="Play from passage 3").click()
    page.until(lambda: page.counters["samplesPlayed"] > played)
    page.until(lambda: page.state == "connected")
    assert len(speaks(page, "speak")) == count, "what is there is heard again without the server"


def test_the_voice_itself_speaks_faster(open_page: OpenPage, tone_server: Server) -> None:
    """By the server, and not by the playback: the engine that can does it better."""
    page = open_page(tone_server)
    page.speak("Twenty characters...")
    page.until_heard()
    usual = len(page.delivered)
    page.page.click("#tune")
    page.page.locator("#speed").fill("2")
    assert page.text_of("#speed-words") == "2×"
    page.received.clear()
    page.page.click("#speak")
    page.until_heard()
    assert speaks(page, "speak")[-1]["speed"] == 2
    assert len(page.delivered) - usual == pytest.approx(usual / 2, rel=0.1)
    page.page.click("#code")
    page.until(lambda: '"speed": 2' in page.text_of("#code-text"))
    page.page.reload()
    page.until(lambda: page.state == "connected")
    assert page.page.input_value("#speed") == "2", "it is remembered"


def test_the_whole_is_saved_though_only_part_was_heard(open_page: OpenPage, tone_server: Server) -> None:
    page = open_page(tone_server)
    page.page.fill("#text", TEXT)
    files: dict[str, Path] = {}
    for name in ("MP3", "M4A", "WAV", "Subtitles, SRT"):
        page.until(lambda: page.page.is_enabled("#save"))
        page.page.click("#save")
        with page.page.expect_download() as download:
            page.page.get_by_role("button", name=name, exact=True).click()
        assert download.value.suggested_filename.startswith("One-short-line")
        files[name] = Path(download.value.path())
    length_s = 0.04 * sum(len(line) for line in TEXT.split("\n")) + 2 * 0.6
    for name in ("MP3", "M4A", "WAV"):
        with av.open(files[name]) as file:
            assert file.duration is not None
            assert file.duration / 1e6 == pytest.approx(length_s, abs=0.15), name
    subtitles = files["Subtitles, SRT"].read_text()
    assert subtitles.startswith("1\n00:00:00,000 --> 00:00:00,")
    assert all(line in subtitles for line in TEXT.split("\n"))


def test_the_word_that_is_heard_is_marked(open_page: OpenPage, espeak_server: Server) -> None:
    page = open_page(espeak_server, reduced_motion="no-preference")
    page.speak("Every single word in this one sentence gets marked while heard.")
    seen: list[str] = []

    def look() -> bool:
        # Both in one look: between two of them the next word may come.
        word, said = page.page.evaluate(
            "['#caption mark', '#said mark'].map((place) => document.querySelector(place)?.textContent ?? '')"
        )
        if word and word not in seen:
            seen.append(word)
        assert said in ("", *seen)
        return page.state == "connected"

    page.until(look)
    assert len(seen) >= 4, "some are over between two looks"
    words = page.page.input_value("#text").split()
    assert [words.index(word) for word in seen] == sorted(words.index(word) for word in seen)


def test_what_was_written_outlives_the_page(open_page: OpenPage, tone_server: Server) -> None:
    page = open_page(tone_server)
    page.page.fill("#text", "Not to be lost.")
    page.page.reload()
    page.until(lambda: page.state == "connected")
    assert page.page.input_value("#text") == "Not to be lost."


def test_a_new_text_takes_the_error_away(open_page: OpenPage, tone_server: Server) -> None:
    page = open_page(tone_server)
    page.speak("bell\x07")
    page.until(lambda: page.state == "error")
    page.page.fill("#text", "Better.")
    assert page.page.is_hidden("#notice")
    assert page.state == "connected"


def test_a_marked_word_gets_a_pronunciation(open_page: OpenPage, tone_server: Server) -> None:
    page = open_page(tone_server)
    page.page.fill("#text", "Qatna lies in Syria.")
    page.page.evaluate("document.getElementById('text').setSelectionRange(0, 5)")
    page.page.get_by_role("button", name="Pronounce “Qatna”").click()
    page.page.fill("#pronounce-spoken", "kat-na")
    page.page.keyboard.press("Enter")
    page.until(lambda: speaks(page, "start")[-1].get("pronunciations") == {"Qatna": "kat-na"})
    page.sent.clear()
    page.page.reload()
    page.until(lambda: page.state == "connected")
    assert speaks(page, "start")[-1].get("pronunciations") == {"Qatna": "kat-na"}
    page.page.click("#tune")
    page.page.get_by_role("button", name="Remove: Qatna").click()
    page.until(lambda: "pronunciations" not in speaks(page, "start")[-1])


@pytest.mark.parametrize("speed", [0.5, 1.25, 2.0])
@pytest.mark.parametrize("size", [777, 48_000])
def test_another_speed_keeps_the_pitch(modules: Page, speed: float, size: int) -> None:
    rate, hertz = 24_000, 220
    tone = 0.5 * np.sin(2 * np.pi * hertz * np.arange(2 * rate) / rate)
    heard = np.array(modules.evaluate(STRETCH, [tone.tolist(), rate, speed, size]))
    assert len(heard) == pytest.approx(len(tone) / speed, abs=2)
    middle = heard[len(heard) // 4 : len(heard) // 4 + rate // 2]
    assert 2 * int(np.argmax(np.abs(np.fft.rfft(middle)))) == pytest.approx(hertz, abs=4)
    assert np.max(np.abs(np.diff(heard[200:-1200]))) <= 1.2 * np.max(np.abs(np.diff(tone))), "no clicks"


def test_speed_and_loop(open_page: OpenPage, tone_server: Server) -> None:
    page = open_page(tone_server)
    page.page.fill("#text", "Twenty-five characters ok")
    page.page.click("#speak")
    page.until_heard()
    once = len(trimmed(page.heard()))
    page.page.select_option("#rate", "2")
    page.page.click("#play")
    page.until(lambda: page.counters["samplesPlayed"] > 1.25 * once)
    page.until(lambda: page.counters["state"] == "idle")
    assert len(trimmed(page.heard())) - once < 0.75 * once + page.rate_hz, "the second time took half as long"
    assert page.counters["samplesPlayed"] == pytest.approx(1.5 * once, rel=0.05)
    page.page.click("#loop")
    page.page.click("#play")
    page.until(lambda: page.counters["samplesPlayed"] > 3 * once)
    page.page.click("#play")
    page.until(lambda: page.counters["state"] == "idle")


@pytest.mark.parametrize("kind", ["curl", "Python", "JavaScript", "OpenAI SDK"])
def test_the_request_as_code_runs_as_it_is(open_page: OpenPage, tone_server: Server, tmp_path: Path, kind: str) -> None:
    page = open_page(tone_server)
    page.page.fill("#text", 'It\'s "quoted" — and\\so on, with a line\nbreak.')
    page.until(lambda: page.page.input_value("#voice") == "makima")
    page.page.click("#code")
    page.page.get_by_role("button", name=kind, exact=True).click()
    page.until(lambda: tone_server.url in page.text_of("#code-text"))
    code = page.page.locator("#code-text").text_content() or ""
    runs = {
        "curl": ["bash", "-c", code],
        "Python": [*warm.python(), "-c", code],
        "JavaScript": ["node", "--input-type=module", "-e", code],
        "OpenAI SDK": [*warm.python(), "-c", code],
    }[kind]
    if kind in ("curl", "JavaScript") and shutil.which("curl" if kind == "curl" else "node") is None:
        pytest.skip(f"{runs[0]} is not installed")
    if kind == "OpenAI SDK":
        pytest.importorskip("openai")
    subprocess.run(runs, cwd=tmp_path, env=os.environ | {"NO_PROXY": "127.0.0.1"}, check=True, timeout=60)
    with av.open(tmp_path / "speech.mp3") as file:
        frames = list(file.decode(audio=0))
    assert sum(frame.samples for frame in frames) / frames[0].sample_rate > 1


def test_choosing_a_face_says_a_sentence(open_page: OpenPage, tone_server: Server) -> None:
    page = open_page(tone_server)
    page.until(lambda: page.page.get_by_role("radio").count() == 2)
    page.page.get_by_role("radio", name="Second").click()
    page.until_heard()
    spoken = speaks(page, "speak")[-1]
    assert spoken["voice"] == page.page.input_value("#voice") == "second"
    assert page.page.locator("#records li").count() == 0, "a sample is no work of the person's"
    assert page.page.evaluate("localStorage.getItem('makima.face.second')").isdigit()
