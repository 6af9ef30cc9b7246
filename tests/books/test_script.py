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
        (
            "**Anna:** Hello.\n**Tom**: Hi.\n__Eva__：A **bold** word.",
            [("Anna", "Hello."), ("Tom", "Hi."), ("Eva", "A **bold** word.")],
        ),
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
    ("written", "ms"),
    [
        ("[0]", 0),
        ("[0 s]", 0),
        ("[500 ms]", 500),
        ("[1,5 s]", 1_500),
        ("[2 seconds]", 2_000),
        ("[pause: 3 sec]", 3_000),
        ("[1 minute]", 60_000),
        ("[60]", 60_000),
    ],
)
def test_pauses_as_they_are_written(written: str, ms: int) -> None:
    assert read_script(f"A: a\n{written}\nB: b").pause_after(0) == ms


def test_a_speaker_who_is_only_a_voice() -> None:
    script = read_script('{"speakers": {"A": "makima"}, "lines": [{"speaker": "A", "text": "a"}]}')
    assert script.speakers["A"].voice == "makima"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A: a\n[61 s]\nB: b", "Line 2: a pause is at most 60 s"),
        ("A: a\n[3600 s]\nB: b", "at most 60 s"),
        ("A: a\n[1 hour]\nB: b", "at most 60 s"),
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
