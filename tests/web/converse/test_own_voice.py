"""A call is not interrupted by its own voice: by measure, and with the loudspeaker put into the microphone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page

from makima.events import Samples
from makima.stt.listening.endpoint import EndpointRules
from tests.support.server.chat_server import Answering, Asked, chat_endpoint
from tests.support.speech import spoken
from tests.web.conftest import OpenPage
from tests.web.harness import Server
from tests.web.test_listen import HEARING_S, messages, texts

from .test_converse import types

RATE_HZ = 16_000
PIECE = RATE_HZ // 50
REPLY = "That will be a long story. It goes on, and on, and on. Ask me about the tide, the weather, or the way home."

HEARD = """async ([heard, played]) => {
    const { OwnVoice } = await import("/web/converse/own-voice.js");
    const own = new OwnVoice();
    return heard.map((level, i) => own.hears(level, played[i]));
}"""

# What the page plays comes back into its microphone, half as loud and 120 ms later, without any cancellation.
LOOP = """(() => {
    const connect = AudioNode.prototype.connect;
    let stream = null;
    AudioNode.prototype.connect = function (to, ...rest) {
        if (to === this.context.destination && this instanceof AudioWorkletNode) {
            const way = this.context.createDelay(1);
            way.delayTime.value = 0.12;
            const wall = this.context.createGain();
            wall.gain.value = 0.5;
            const microphone = this.context.createMediaStreamDestination();
            connect.call(this, way);
            connect.call(way, wall);
            connect.call(wall, microphone);
            stream = microphone.stream;
        }
        return connect.call(this, to, ...rest);
    };
    navigator.mediaDevices.getUserMedia = async () => {
        while (stream === null) await new Promise((resolve) => setTimeout(resolve, 20));
        return stream;
    };
})()"""


def levels(samples: Samples) -> list[float]:
    whole = samples[: len(samples) // PIECE * PIECE]
    return [float(level) for level in np.abs(whole.reshape(-1, PIECE)).max(axis=1)]


def room(samples: Samples, share: float, tail_s: float, delay_s: float = 0.12) -> Samples:
    """What a microphone hears of `samples` in a room whose echo falls by 60 dB in `tail_s`, with some noise."""
    draw = np.random.default_rng(5)
    count = round(tail_s * RATE_HZ)
    tail = draw.standard_normal(count) * np.exp(-6.9 * np.arange(count) / count)
    tail[0] = 3.0
    heard = np.convolve(samples, tail)[: len(samples)]
    heard = np.concatenate([np.zeros(round(delay_s * RATE_HZ)), heard])[: len(samples)]
    heard *= share * np.abs(samples).max() / np.abs(heard).max()
    return np.asarray(heard + 1e-3 * draw.standard_normal(len(samples)), np.float32)


@pytest.mark.parametrize("share", [1.0, 0.3, 0.05])
@pytest.mark.parametrize("tail_s", [0.02, 0.3, 0.5])
def test_its_own_voice_never_counts_as_speech(modules: Page, share: float, tail_s: float) -> None:
    reply = np.concatenate([np.zeros(RATE_HZ, np.float32), spoken(REPLY, rate_hz=RATE_HZ)])
    own = modules.evaluate(HEARD, [levels(room(reply, share, tail_s)), levels(reply)])
    longest = run = 0
    for hears_itself in own[50:]:
        run = 0 if hears_itself else run + 1
        longest = max(longest, run)
    assert 20 * longest < EndpointRules().guarded_speech_ms / 2, "what counts as speech over a reply is longer"


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_someone_who_speaks_over_it_is_heard(modules: Page, share: float) -> None:
    """At once where the browser cancels the echo or it is heard by headphones; else where they are louder than it."""
    reply = spoken(REPLY, rate_hz=RATE_HZ)
    said = spoken("I would like a cup of coffee, please.", rate_hz=RATE_HZ)
    for start_s in (1.5, 2.2, 3.1):
        heard = room(reply, share, 0.3) if share else np.zeros(len(reply), np.float32)
        start = round(start_s * RATE_HZ)
        heard[start : start + len(said)] += said[: len(heard) - start]
        own = modules.evaluate(HEARD, [levels(heard), levels(reply)])
        first = round(start_s * 50)
        assert own[first + 3 : first + 25].count(False) * 20 >= EndpointRules().guarded_speech_ms, start_s


async def story(answer: Answering, _: Asked) -> None:
    await answer.say("That will be ", "a long story. ", "It goes on, and on, and on. " * 3)


def test_a_call_with_the_loudspeaker_in_the_microphone(open_page: OpenPage, tmp_path: Path) -> None:
    with (
        chat_endpoint(story) as base_url,
        Server(tmp_path, TTS_ENGINE="espeak", MAKIMA_LLM_BASE_URL=base_url, MAKIMA_LLM_MODEL="storyteller") as server,
    ):
        page = open_page(server, "/converse", script=LOOP)
        page.page.click("#call")
        page.until(lambda: page.state == "listening", HEARING_S)
        types(page, "Tell me a story.")
        page.until(lambda: page.state == "speaking", HEARING_S)
        page.until(lambda: messages(page, "complete"), HEARING_S)
        page.until(lambda: page.counters["state"] == "idle" and page.state == "listening", HEARING_S)
        assert messages(page, "interrupted") == []
        assert texts(page, "#said-list .who") == ["You", "Makima"], "nothing of it was taken for words"
        page.page.click("#call")
        page.until(lambda: page.state == "connected")
