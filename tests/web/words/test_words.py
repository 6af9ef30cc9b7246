"""The words of the pages: every sentence that is shown has its place in the table of each language."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from makima.engines.espeak import voices as espeak
from makima.models import hub
from makima.models.assets.bundles import BUNDLES
from makima.server.http.pages import WEB
from makima.voices.consent import STATEMENT
from tests.web.conftest import OpenPage
from tests.web.harness import Server

LANGUAGES = ("ja", "de", "es", "fr", "zh")
_CALLS = re.compile(r"""\b(?:t|msg)\(\s*("(?:[^"\\]|\\.)*")""")
_ENTRY = re.compile(r"""^  ("(?:[^"\\]|\\.)*"):\s*("(?:[^"\\]|\\.)*"),$""", re.MULTILINE)
_VOID = {"input", "meta", "link", "path", "circle", "br", "img"}
_UNTRANSLATED = {"pre", "code", "kbd", "script", "style", "title"}


class Shown(HTMLParser):
    """The texts and labels of a page, as `translate` finds them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._kept: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        kept = tag in _UNTRANSLATED or given.get("translate") == "no" or (bool(self._kept) and self._kept[-1])
        if tag not in _VOID:
            self._kept.append(kept)
        if not kept:
            labels = (given.get(name) for name in ("aria-label", "placeholder", "title"))
            self.found |= {label for label in labels if label}

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            self._kept.pop()

    def handle_data(self, data: str) -> None:
        if data.strip() and not (self._kept and self._kept[-1]):
            self.found.add(" ".join(data.split()))


def shown() -> set[str]:
    """Every sentence that the pages show in English."""
    found: set[str] = set()
    for path in WEB.rglob("*.html"):
        page = Shown()
        page.feed(path.read_text("utf-8"))
        found |= page.found
    for path in WEB.rglob("*.js"):
        found |= {json.loads(sentence) for sentence in _CALLS.findall(path.read_text("utf-8"))}
    return {sentence for sentence in found if re.search(r"[A-Za-z]{2}", sentence)} - NAMES


NAMES = {"WAV", "MP3", "M4A", "SRT", "VTT", "JSON", "API", "http://127.0.0.1:11434/v1", "Makima", "makima"}
"""What is the same in all languages."""

SPOKEN = {"Auto", "Chinese", "English", "Japanese", "Korean", "German", "French", "Russian", "Portuguese", "Spanish"}
SPOKEN |= {"Italian"}
"""The languages that are spoken, which the server names."""


def table(language: str) -> dict[str, str]:
    text = (WEB / "words" / f"{language}.js").read_text("utf-8")
    return {json.loads(english): json.loads(words) for english, words in _ENTRY.findall(text)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_missing_and_none_is_left_over(language: str) -> None:
    wanted, there = shown() | SPOKEN, table(language)
    assert wanted - set(there) == set()
    assert set(there) - wanted == set()


def test_what_the_server_tells_is_in_the_tables() -> None:
    known = shown()
    assert {part for voice in espeak.VOICES for part in voice.description.split(", ")} <= known
    assert STATEMENT in known
    text = (WEB / "words" / "from-server.js").read_text("utf-8")
    for name in (*BUNDLES, *hub.MODELS):
        assert re.search(rf'^  "?{re.escape(name)}"?: \[', text, re.MULTILINE), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_values_have_their_places(language: str) -> None:
    places = re.compile(r"\{\w+\}")
    wrong = {
        english: words
        for english, words in table(language).items()
        if sorted(places.findall(english)) != sorted(places.findall(words)) or not words.strip()
    }
    assert wrong == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_browsers_language_is_shown(open_page: OpenPage, tone_server: Server, language: str) -> None:
    page = open_page(tone_server, "/voices", until="ready", locale=language)
    words = table(language)
    assert page.page.evaluate("document.documentElement.lang") == language
    page.until(lambda: words["Find a voice"] in page.text_of(".finding"))
    assert page.page.get_by_role("link", name=words["Converse"]).count() == 1
    page.page.select_option("#interface", "en")
    page.until(lambda: "Find a voice" in page.text_of(".finding"))
