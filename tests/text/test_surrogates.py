"""Surrogate pairs that a transport has cut."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from makima.text.surrogates import SurrogateJoiner


def utf16_units(text: str) -> list[str]:
    data = text.encode("utf-16-le")
    return [chr(int.from_bytes(data[at : at + 2], "little")) for at in range(0, len(data), 2)]


@given(text=st.text(), size=st.integers(1, 5))
def test_any_cut_comes_out_whole(text: str, size: int) -> None:
    units = utf16_units(text)
    joiner = SurrogateJoiner()
    pieces = [joiner.feed("".join(units[at : at + size])) for at in range(0, len(units), size)]
    assert "".join(pieces) + joiner.flush() == text


def test_a_half_is_held_until_the_other_comes() -> None:
    joiner = SurrogateJoiner()
    assert joiner.feed("a\ud83d") == "a"
    assert joiner.feed("") == ""
    assert joiner.feed("\ude00b") == "\U0001f600b"
    assert joiner.flush() == ""


def test_a_half_without_its_other_stays_a_half() -> None:
    joiner = SurrogateJoiner()
    assert joiner.feed("\ude00") == "\ude00"
    assert joiner.feed("\ud83d") == ""
    assert joiner.feed("x") == "\ud83dx"
    assert joiner.feed("\ud83d") == ""
    assert joiner.flush() == "\ud83d"
    assert joiner.flush() == ""


def test_json_escapes_cut_in_two() -> None:
    joiner = SurrogateJoiner()
    halves = [json.loads('"\\ud83c"'), json.loads('"\\udf89"')]
    assert "".join(joiner.feed(half) for half in halves) == "🎉"
