"""What the embedded voice makes of text over a socket: when a sentence is spoken, and that marks are not."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.server.client import speak_client
from tests.support.server.servers import ProcessServer

TAIL_BYTES = 4_800
"""A tenth of a second: what the filters on the way hold until more audio comes, or none."""


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Hello there. ", "English"),
        ("Hello there.", "English"),
        ("你好，我来查一下。", "Chinese"),
        ("Let me look that up for you, it will only take a moment. ", "English"),
        ("Sure. Let me look that up for you. ", "English"),
        ("Siehe Abb. 3 unten! ", "German"),
    ],
)
async def test_a_complete_sentence_is_spoken_though_the_text_is_open(
    espeak_server: ProcessServer, text: str, language: str
) -> None:
    async with speak_client(espeak_server.url) as client:
        await client.start(language=language)
        whole = len((await client.say(text)).audio) - TAIL_BYTES
        await client.send("append", text=text, requestId="open")
        await client.until("speaking")
        heard = 0
        async with asyncio.timeout(20):
            while heard < whole:
                message = await client.receive()
                heard += len(message) if isinstance(message, bytes) else 0
        await client.send("end", requestId="open")
        assert (await client.hear()).end["type"] == "complete"


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("a **bold move** here now", "a bold move here now"),
        ("***very big*** day", "very big day"),
        ("_it_ is", "it is"),
        ("~~not bad~~ at all", "not bad at all"),
        ("[the page](https://example.com/a/b) says", "the page says"),
        ("[wiki](https://en.wikipedia.org/wiki/A_(b)) says", "wiki says"),
        ("# Title", "Title"),
        ("Run `make it` now.", "Run make it now."),
        ("<b>bold</b> &amp; more", "bold and more"),
        ("Hello ******** there", "Hello there"),
        ("a ===== b", "a b"),
    ],
)
async def test_marks_are_not_spoken(espeak_server: ProcessServer, written: str, plain: str) -> None:
    async with speak_client(espeak_server.url) as client:
        assert (await client.say(written)).audio == (await client.say(plain)).audio
