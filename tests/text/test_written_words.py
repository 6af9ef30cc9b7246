"""Which words a text consists of, as its user would count them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.text.written_words import written_words


def words_of(text: str) -> list[str]:
    return [text[span.start : span.end] for span in written_words(text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello there, you.", ["Hello", "there,", "you."]),
        ("It costs **$12.50** — really.", ["It", "costs", "**$12.50**", "really."]),
        ("- one\n- two", ["one", "two"]),
        ("5 + 3 = 8 🙂", ["5", "+", "3", "=", "8"]),
        ('a <break time="1s"/> b [pause:2s] <b>c</b>', ["a", "b", "c"]),
        ("[see](https://x.y/z) [1]", ["[see](https://x.y/z)", "[1]"]),
        ("你好,我是 Peter Smith。", ["你", "好,", "我", "是", "Peter", "Smith。"]),
        ("「東京2020」です。", ["「東", "京", "2020」", "で", "す。"]),
        ("私は$5を払う。", ["私", "は", "$5", "を", "払", "う。"]),
        ("안녕하세요, 날씨가 좋네요.", ["안녕하세요,", "날씨가", "좋네요."]),
        ("", []),
        (" \n… — ", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@given(st.text(st.sampled_from("aZ5$*_-.,。「」東京ー <>[]/\n🙂é")))
def test_words_are_apart_and_in_order(text: str) -> None:
    spans = written_words(text)
    edges = [edge for span in spans for edge in (span.start, span.end)]
    assert edges == sorted(edges)
    assert all(span.start < span.end for span in spans)
    assert not any(ch.isspace() for word in words_of(text) for ch in word)
