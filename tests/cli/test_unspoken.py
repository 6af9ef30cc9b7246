"""Which texts are in scripts that no engine reads."""

from __future__ import annotations

import re

import pytest

from makima.cli import unspoken as module
from makima.cli.unspoken import unspoken
from makima.server.http.pages import WEB


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("مرحبا بالعالم", "Arabic"),
        ("שלום עולם", "Hebrew"),
        ("नमस्ते दुनिया", "Hindi"),
        ("สวัสดีครับ", "Thai"),
        ("გამარჯობა", "Georgian"),
        ("She said مرحبا بالعالم to him", "Arabic"),
        ("The word مرحبا is a greeting in the language of her grandparents.", None),
        ("The angle α is as large as β.", None),
        ("Hello.", None),
        ("Привет", None),
        ("こんにちは、世界", None),
        ("你好", None),
        ("안녕하세요", None),
        ("", None),
        ("123 !?", None),
    ],
)
def test_the_language_of_a_text(text: str, language: str | None) -> None:
    assert unspoken(text) == language


def test_the_pages_know_the_same_scripts() -> None:
    page = (WEB / "reading" / "unspoken.js").read_text("utf-8")
    scripts = re.findall(r"^  ([A-Z][a-z]+): \"", page, re.MULTILINE)
    assert [script.upper() for script in scripts] == list(module._LANGUAGES)
