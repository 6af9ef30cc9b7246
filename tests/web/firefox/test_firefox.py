"""The pages in Firefox: each opens without a complaint, and Speak is heard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from makima.server.http.pages import PAGES
from tests.web.harness import Server

from .driver import FIREFOX, Firefox


@pytest.fixture(scope="module")
def firefox() -> Iterator[Firefox]:
    if FIREFOX is None:
        pytest.skip("Firefox is not installed (on Debian: apt-get install firefox-esr).")
    with Firefox() as firefox:
        yield firefox


@pytest.mark.parametrize("path", sorted(PAGES))
def test_every_page_opens(firefox: Firefox, espeak_server: Server, path: str) -> None:
    firefox.complaints.clear()
    firefox.open(espeak_server.url + path)
    firefox.until("['connected', 'ready'].includes(globalThis.makima?.state())")
    assert firefox.evaluate("document.querySelectorAll('#page > section, #page > form, #page > div').length") > 0
    assert firefox.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert firefox.complaints == []


RENDERED = """(async () => {
    const { Client } = await import("/web/client.js");
    const { makeOutput } = await import("/web/audio/audio-output.js");
    const { floats } = await import("/web/audio/pcm.js");
    const client = new Client({ sampleRate: 24000 });
    const spoken = [];
    for await (const samples of client.speak("Good evening.")) spoken.push(...samples);
    client.close();
    const offline = new OfflineAudioContext(1, spoken.length + 24000, 24000);
    const output = await makeOutput(offline, () => {});
    const samples = floats(Int16Array.from(spoken));
    output.post({ type: "begin", epoch: 1, fadeIn: false, typed: false }, []);
    output.post({ type: "samples", samples }, []);
    output.post({ type: "end" }, []);
    const heard = (await offline.startRendering()).getChannelData(0);
    const loud = (all) => all.filter((sample) => sample !== 0).length;
    return { spoken: loud(samples), heard: loud(heard), worklet: output.node instanceof AudioWorkletNode };
})()"""


def test_a_sentence_is_spoken(firefox: Firefox, espeak_server: Server) -> None:
    """All of it comes, and through the worklet: without a sound device Firefox renders it offline."""
    firefox.complaints.clear()
    firefox.open(espeak_server.url + "/speak")
    firefox.until("globalThis.makima?.state() === 'connected'")
    firefox.evaluate("document.getElementById('speak').click()")
    firefox.until("!document.getElementById('save').disabled")
    assert firefox.evaluate("document.getElementById('caption').textContent").startswith("Good evening.")
    sound = firefox.evaluate(RENDERED)
    assert sound["worklet"]
    assert sound["heard"] == pytest.approx(sound["spoken"], rel=0.01)
    assert sound["spoken"] > 5_000
    assert firefox.complaints == []
