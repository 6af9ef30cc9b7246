"""Timed words as captions and files."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.text.captions import LONGEST_CHARACTERS, Captions, captions, written_captions


@dataclass(frozen=True)
class Word:
    text: str
    start_s: float
    end_s: float


def timed(text: str, word_s: float = 0.4) -> list[Word]:
    return [Word(word, word_s * number, word_s * number + 0.3) for number, word in enumerate(text.split())]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], []),
        (timed("One two. Three?"), ["One two.", "Three?"]),
        (timed('He said "no." Then'), ['He said "no."', "Then"]),
        (timed("好 的。 我 们"), ["好的。", "我们"]),
        (timed("안녕 하세요"), ["안녕 하세요"]),
        (timed("Dr. Weiss met Mr. X. in 1994. So?"), ["Dr. Weiss met Mr. X. in 1994.", "So?"]),
        ([Word("One", 0, 0.3), Word("two", 1.5, 1.8)], ["One", "two"]),
        (timed("a b c", 4.0), ["a", "b", "c"]),
    ],
)
def test_captions(words: list[Word], expected: list[str]) -> None:
    assert [each.text for each in captions(words)] == expected


@given(st.lists(st.text("abc", min_size=1, max_size=30), max_size=60))
def test_no_word_is_lost_and_none_is_too_long(texts: list[str]) -> None:
    found = captions(timed(" ".join(texts)))
    assert " ".join(each.text for each in found) == " ".join(texts)
    assert all(len(each.text) <= LONGEST_CHARACTERS for each in found)
    assert all(one.end_s <= other.start_s for one, other in itertools.pairwise(found))


def test_files() -> None:
    words = [Word("Hi", 0.0, 0.25), Word("there.", 0.3, 1.0), Word("Bye.", 3661.5, 3662.0)]
    assert written_captions(words, Captions.SRT, exact=True) == (
        "1\n00:00:00,000 --> 00:00:01,000\nHi there.\n\n2\n01:01:01,500 --> 01:01:02,000\nBye.\n"
    )
    assert written_captions(words, Captions.VTT, exact=True).startswith(
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nHi there.\n"
    )
    marks = written_captions([Word("a<b>&", 0.0, 1.0)], Captions.VTT, exact=True)
    assert marks == "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\na&lt;b&gt;&amp;\n"
    told = json.loads(written_captions(words, Captions.JSON, exact=False))
    assert told["exact"] is False
    assert told["words"][1] == {"text": "there.", "startMs": 300, "endMs": 1000}
