"""The transcript (transcript.js) and the files it is saved as (transcript-files.js), without a microphone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest
from playwright.sync_api import Browser

from tests.web.harness import Server, SpeakPage

Script: TypeAlias = Callable[[str], Any]

PRELUDE = """
const { Transcript } = await import("/web/listen/transcript.js");
const { FORMATS } = await import("/web/listen/transcript-files.js");
let now = 5000;
const transcript = new Transcript(() => now);
const told = [];
for (const type of ["added", "changed", "partial", "cleared"]) {
  transcript.addEventListener(type, ({ detail }) => told.push([type, detail?.text ?? null]));
}
const said = (utterance, text, startMs, endMs, speaker = null) => ({ utterance, text, startMs, endMs, speaker });
"""
CONVERSATION = """
transcript.begin();
transcript.final(said(1, "What time is it?", 1000, 2250, "S1"));
now = 8000;
const whole = transcript.reply();
now = 9500;
transcript.update(whole, { text: "Five past three. " });
now = 12000;
const cut = transcript.reply();
now = 13500;
transcript.update(cut, { text: "Let me tell you about clocks.", kept: "Let me tell" });
transcript.final(said(2, "No, thanks.", 8250, 3_725_500, "S2"));
transcript.reply();
"""


@pytest.fixture(scope="module")
def script(browser: Browser, tone_server: Server) -> Iterator[Script]:
    context = browser.new_context(base_url=tone_server.url)
    page = SpeakPage(context.new_page(), "/").page
    yield lambda body: page.evaluate("async () => {" + PRELUDE + body + "}")
    context.close()


def test_what_is_not_settled_is_shown_until_it_is(script: Script) -> None:
    told = script("""
        transcript.begin();
        transcript.partial(said(1, "", 0, 100));
        transcript.partial(said(1, "good", 0, 300));
        transcript.partial(said(1, "good morning", 0, 600));
        transcript.partial(said(2, "how", 900, 1000));
        transcript.final(said(1, "Good morning.", 0, 700));
        transcript.final(said(2, "", 900, 1200));
        transcript.partial(said(3, "and", 1300, 1400));
        transcript.drop(3);
        return told;
    """)
    assert told == [
        *(["partial", None], ["partial", "good"], ["partial", "good morning"], ["partial", "how"]),
        *(["partial", "how"], ["added", "Good morning."], ["partial", None], ["partial", "and"], ["partial", None]),
    ]


def test_times_go_on_over_sessions(script: Script) -> None:
    times = script("""
        transcript.begin();
        transcript.final(said(1, "One.", 100, 200));
        now += 60_000;
        transcript.begin(1000);
        transcript.final(said(1, "Two.", 1100, 1200));
        return transcript.entries.map(({ startMs, endMs }) => [startMs, endMs]);
    """)
    assert times == [[100, 200], [60_100, 60_200]]


def test_entries_stand_in_the_order_in_which_they_began(script: Script) -> None:
    texts = script("""
        transcript.begin();
        now += 3000;
        transcript.update(transcript.reply(), { text: "reply" });
        transcript.final(said(1, "said before, known after", 1000, 2000));
        transcript.final(said(2, "said after", 4000, 5000));
        return transcript.entries.map(({ text }) => text);
    """)
    assert texts == ["said before, known after", "reply", "said after"]


def test_what_came_to_nothing_is_gone(script: Script) -> None:
    texts = script("""
        transcript.begin();
        transcript.final(said(1, "heard", 0, 100));
        transcript.remove(transcript.reply());
        return transcript.entries.map(({ text }) => text);
    """)
    assert texts == ["heard"]


def test_text(script: Script) -> None:
    assert script(CONVERSATION + "return FORMATS.text.write(transcript.entries);") == (
        "Speaker 1: What time is it?\n"
        "Makima: Five past three.\n"
        "Makima: Let me tell [interrupted]\n"
        "Speaker 2: No, thanks.\n"
    )


def test_srt(script: Script) -> None:
    assert script(CONVERSATION + "return FORMATS.srt.write(transcript.entries);") == (
        "1\n00:00:01,000 --> 00:00:02,250\nSpeaker 1: What time is it?\n\n"
        "2\n00:00:03,000 --> 00:00:04,500\nMakima: Five past three.\n\n"
        "3\n00:00:07,000 --> 00:00:08,500\nMakima: Let me tell\n\n"
        "4\n00:00:08,250 --> 01:02:05,500\nSpeaker 2: No, thanks.\n"
    )


def test_json(script: Script) -> None:
    written = json.loads(script(CONVERSATION + "return FORMATS.json.write(transcript.entries);"))
    assert written["version"] == 1
    assert [entry["speaker"] for entry in written["entries"]] == ["Speaker 1", "Makima", "Makima", "Speaker 2"]
    assert written["entries"][2] == {
        "kind": "reply",
        "speaker": "Makima",
        "startMs": 7000,
        "endMs": 8500,
        "text": "Let me tell",
        "interrupted": True,
        "unheard": "Let me tell you about clocks.",
    }


def test_without_speakers_no_name_is_written(script: Script) -> None:
    assert (
        script("""
        transcript.begin();
        transcript.final(said(1, "Alone.", 0, 500));
        return FORMATS.text.write(transcript.entries);
    """)
        == "Alone.\n"
    )
