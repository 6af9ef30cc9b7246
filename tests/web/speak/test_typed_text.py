"""What may be spoken while a text is still being written (typed-text.js)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.web.harness import Server, SpeakPage

# The text after each change -> the pieces that go out, the last being what `finish` gives.
CASES = {
    "finished words go out, the one under the pen stays": (
        ["H", "Hello", "Hello ", "Hello wo", "Hello world", "Hello world, how "],
        ["Hello ", "world, how ", ""],
    ),
    "the end brings the rest": (["Hello wor"], ["Hello ", "wor"]),
    "a word that was never finished": (["Hi"], ["Hi"]),
    "changes under the pen are free": (["Hello wor", "Hello w", "Hello there "], ["Hello ", "there ", ""]),
    "a change in what was said changes nothing": (
        ["Helo world ", "Hello world ", "Hello world again "],
        ["Helo world ", "again ", ""],
    ),
    "going back into what was said says the changed word whole": (
        ["I like tea ", "I like tea", "I like te", "I like t", "I like toast "],
        ["I like tea ", "toast ", ""],
    ),
    "going back to a gap goes on after it": (["one two ", "one two", "one two three "], ["one two ", " three ", ""]),
    "everything replaced begins anew": (["one two ", "n", "new words "], ["one two ", "new words ", ""]),
    "scripts without spaces go out by words": (["今天天气", "今天天气很好"], ["今天", "天气", "很好"]),
    "a pasted text": (["All of this at once."], ["All of this at ", "once."]),
    "lines": (["one\ntwo"], ["one\n", "two"]),
}


@pytest.fixture(scope="module")
def page(browser: Browser, tone_server: Server) -> Iterator[SpeakPage]:
    context = browser.new_context(base_url=tone_server.url)
    yield SpeakPage(context.new_page(), "/")
    context.close()


@pytest.mark.parametrize("name", CASES)
def test_pieces(page: SpeakPage, name: str) -> None:
    values, pieces = CASES[name]
    sent: list[Any] = page.page.evaluate(
        """async (values) => {
            const { TypedText } = await import("/web/speak/typed-text.js");
            const typed = new TypedText();
            const pieces = values.map((value) => typed.update(value)).filter(Boolean);
            return [...pieces, typed.finish(values.at(-1))];
        }""",
        values,
    )
    assert sent == pieces


def test_no_piece_ends_inside_a_character(page: SpeakPage) -> None:
    sent: list[str] = page.page.evaluate(
        """async () => {
            const { TypedText } = await import("/web/speak/typed-text.js");
            const typed = new TypedText(), pieces = [];
            const values = ["𠮷野家", "𠮷野家で", "𠮷野家𠮷野家で", "𠮷𠮷家で食べる"];
            for (const value of values) pieces.push(typed.update(value));
            return [...pieces, typed.finish(values.at(-1))];
        }"""
    )
    for piece in sent:
        piece.encode("utf-8")  # a half of a surrogate pair cannot be
