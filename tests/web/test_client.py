"""The JavaScript client by itself: what docs/integrations/javascript.md shows, in a browser against a server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from .harness import Server

GUIDE = Path(__file__).parents[2] / "docs/integrations/javascript.md"
PROGRAMS = re.findall(r"```js\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)

COUNT = """
    const count = async (stream) => {
        let sum = 0;
        for await (const samples of stream) sum += samples.length;
        return sum;
    };
"""


@pytest.fixture(scope="module")
def page(browser: Browser, espeak_server: Server) -> Iterator[Page]:
    context = browser.new_context(base_url=espeak_server.url)
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    opened.goto("/health")  # of the server's origin, and without a page of ours
    yield opened
    context.close()


def run(page: Page, body: str) -> Any:
    """What an async function of this body returns, with the client's module as `makima`."""
    return page.evaluate(f'async () => {{ const makima = await import("/web/client.js"); {COUNT} {body} }}')


def test_whole_texts_and_pieces_give_the_same(page: Page) -> None:
    whole, written, rate = run(
        page,
        """
        const client = new makima.Client({ sampleRate: 16000 });
        const whole = await count(client.speak("Hello there. How are you?"));
        const speech = client.begin();
        for (const piece of ["Hel", "lo there. ", "How are", " you?"]) speech.append(piece);
        speech.end();
        const written = await count(speech);
        client.close();
        return [whole, written, speech.sampleRate];
        """,
    )
    assert rate == 16_000
    assert whole > 16_000
    assert abs(written - whole) < 0.2 * whole


def test_cancelling_one_leaves_the_next(page: Page) -> None:
    cut, next_one = run(
        page,
        """
        const client = new makima.Client();
        const long = client.speak("One sentence after the other. ".repeat(30));
        const next = client.speak("Hello there.");
        let cut = 0;
        for await (const samples of long) {
            cut += samples.length;
            long.cancel();
        }
        const after = await count(next);
        client.close();
        return [cut, after];
        """,
    )
    assert 0 < cut < 24_000 * 20
    assert next_one > 12_000


def test_errors_are_thrown(page: Page) -> None:
    codes = run(
        page,
        """
        const code = async (client) => {
            try { await count(client.speak("Hi.", { voice: "nobody there" })); return null; }
            catch (error) { return [error instanceof makima.MakimaError, error.code, error.message.length > 0]; }
        };
        return [await code(new makima.Client())];
        """,
    )
    assert codes == [[True, "VOICE_NOT_FOUND", True]]


def test_listening_ends_once_it_is_stopped(page: Page) -> None:
    words = run(
        page,
        """
        const client = new makima.Client({ sampleRate: 16000 });
        const hearing = client.listen({ language: "en" });
        hearing.hear(new Int16Array(16000));
        hearing.hear(new Float32Array(16000));
        const heard = [];
        setTimeout(() => hearing.stop(), 500);
        for await (const each of hearing) heard.push(each.text);
        return heard;
        """,
    )
    assert words == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_guide(page: Page, program: str) -> None:
    """Its programs run as they stand; only the address and the microphone are this test's own."""
    program = program.replace('"http://127.0.0.1:8000/web/client.js"', "location.origin + '/web/client.js'")
    program = re.sub(r"^import (\{.*?\}) from (.*);$", r"const \1 = await import(\2);", program, flags=re.MULTILINE)
    program = program.replace('"http://127.0.0.1:8000"', "location.origin")
    page.evaluate(f"async () => {{ {program} }}")
