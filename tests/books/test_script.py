"""Scripts of several speakers."""

from __future__ import annotations

import pytest

from makima.books.script import LINE_PAUSE_MS, read_script
from makima.errors import InvalidDocument, InvalidText


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Anna: Hello.\nTom: Hi.", [("Anna", "Hello."), ("Tom", "Hi.")]),
        (
            "Anna: It is 10:30.\nand late.\n\nTom: Yes: very.",
            [("Anna", "It is 10:30. and late."), ("Tom", "Yes: very.")],
        ),
        ("Dr Weiss (aside): Well.", [("Dr Weiss (aside)", "Well.")]),
        ("安娜：\u3000你好。\n汤姆：好。", [("安娜", "你好。"), ("汤姆", "好。")]),
        ("Anna: See https://example.org now.", [("Anna", "See https://example.org now.")]),
        ('{"lines": [{"speaker": "A", "text": "x"}, {"text": "y"}]}', [("A", "x"), ("", "y")]),
    ],
)
def test_lines(text: str, lines: list[tuple[str, str]]) -> None:
    assert [(line.speaker, line.text) for line in read_script(text).lines] == lines


def test_pauses() -> None:
    script = read_script("A: a\nB: b\n[1.5 s]\nA: c\n[pause 2]")
    assert [script.pause_after(number) for number in range(3)] == [LINE_PAUSE_MS, 1_500, 2_000]
    assert read_script("A: a").pause_after(0) == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1 to"),
        ("no one says this", "names no speaker"),
        ("[1 s]\nA: a", "before the first line"),
        ("A: a\n[1 s]\nb", "behind a pause"),
        ("{", "not JSON"),
        ('{"lines": [{"text": 1}]}', "lines.0.text"),
        ('{"lines": [{"text": "a", "pauseMs": -1}]}', "pauseMs"),
        ('{"lines": [], "x": 1}', "x"),
        ("A: ***", "nothing that can be spoken"),
    ],
)
def test_what_is_no_script(text: str, said: str) -> None:
    with pytest.raises(InvalidDocument, match=said):
        read_script(text)


def test_control_characters() -> None:
    with pytest.raises(InvalidText):
        read_script("A: a\u0007b")
