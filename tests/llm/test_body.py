"""A body is taken for what it is, in any pieces."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.llm.body import BodyParser, decoded
from makima.llm.sse import MAX_EVENT_BYTES

LINES = ['{"a": "Grüße"}', '[{"b": 2}]', '{"c": [3]}']
BODIES: dict[bytes, list[str]] = {
    "".join(f"data: {line}\n\n" for line in LINES).encode(): LINES,
    "".join(f"\ufeff\r\ndata: {line}\r\r" for line in LINES[:1]).encode(): LINES[:1],
    "\n".join(LINES).encode(): LINES,
    f"\ufeff{LINES[0]}\r\n\r\n{LINES[1]}\r\n".encode(): LINES[:2],
    f"  {LINES[0]}{LINES[2]} ".encode(): [LINES[0], LINES[2]],
    json.dumps({"a": [1, {"b": 2}]}, indent=1).encode(): [json.dumps({"a": [1, {"b": 2}]}, indent=1)],
    b'{"a": 1': ['{"a": 1'],
    b"<html>\n</html>": [],
    b"": [],
    b"\xef\xbb": [],
    b" \n ": [],
}


def documents(body: bytes, cuts: list[int]) -> list[str]:
    parser, found, at = BodyParser(), list[str](), 0
    for cut in [*sorted(min(cut, len(body)) for cut in cuts), len(body)]:
        found += parser.feed(body[at:cut])
        at = cut
    return found + parser.flush()


@given(st.sampled_from(sorted(BODIES)), st.lists(st.integers(0, 100), max_size=100))
def test_in_any_pieces(body: bytes, cuts: list[int]) -> None:
    assert documents(body, cuts) == BODIES[body]


@pytest.mark.parametrize("body", BODIES)
def test_byte_by_byte(body: bytes) -> None:
    assert documents(body, list(range(len(body)))) == BODIES[body]


def test_lines_come_as_they_are_complete() -> None:
    parser = BodyParser()
    assert parser.feed(b'{"a": 1}\n{"b"') == ['{"a": 1}']
    assert parser.feed(b": 2}\n") == ['{"b": 2}']
    assert not parser.streams


@pytest.mark.parametrize("beginning", [b"{", b"data: ", b" "])
def test_what_never_ends_is_given_up(beginning: bytes) -> None:
    parser = BodyParser()
    parser.feed(beginning)
    with pytest.raises(ValueError, match="more than"):  # noqa: PT012
        for _ in range(12):
            parser.feed(b" " * (MAX_EVENT_BYTES // 8))


@pytest.mark.parametrize(
    ("document", "values"),
    [('{"a": 1}', [{"a": 1}]), ("[1, 2]", [1, 2]), ("null", [None]), ("x", None), ("[" * 100_000, None)],
)
def test_values(document: str, values: list[object] | None) -> None:
    assert decoded(document) == values
