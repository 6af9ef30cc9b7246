"""Server-sent events in any pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.llm.sse import MAX_EVENT_BYTES, EventParser

STREAM = (
    ': hello\n\ndata: {"a": 1}\n\nevent: x\ndata:two\ndata: lines\n\r\ndata: Grüße 🙂\r\n\r\ndata: [DONE]\n\n'.encode()
)
EVENTS = ['{"a": 1}', "two\nlines", "Grüße 🙂", "[DONE]"]


@given(st.lists(st.integers(0, len(STREAM))))
def test_any_cut_gives_the_same_events(cuts: list[int]) -> None:
    parser, events, at = EventParser(), [], 0
    for cut in [*sorted(cuts), len(STREAM)]:
        events += parser.feed(STREAM[at:cut])
        at = cut
    assert events == EVENTS


def test_an_event_without_its_end_is_none() -> None:
    assert EventParser().feed(b"data: half\n") == []


@pytest.mark.parametrize("endless", [b"x" * 65536, b"data: " + b"y" * 65529 + b"\n"])
def test_what_never_ends_is_given_up(endless: bytes) -> None:
    parser = EventParser()
    with pytest.raises(ValueError, match="more than"):  # noqa: PT012
        for _ in range(MAX_EVENT_BYTES // len(endless) + 2):
            parser.feed(endless)


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: one\r\rdata: two\r\r", ["one", "two"]),
        (b"data: one\r\n\rdata: two\n\r\n", ["one", "two"]),
        (b"data:one\n \ndata:  two \n\n", ["one", " two "]),
        (b" data : one\n\nDATA:two\n\n", ["one", "two"]),
        (b"data\n\ndata:\n\nid: 3\n\n", ["", ""]),
        (b"event: ping\nretry: 3\n\n", []),
        (b"data: \xff\n\n", ["\ufffd"]),
    ],
)
def test_lines_and_fields(stream: bytes, events: list[str]) -> None:
    assert EventParser().feed(stream) == events
    parser = EventParser()
    assert [event for byte in stream for event in parser.feed(bytes([byte]))] == events


@pytest.mark.parametrize("rest", [b"data: last", b"data: last\n"])
def test_the_end_of_the_last_event_may_be_missing(rest: bytes) -> None:
    parser = EventParser()
    assert parser.feed(b"data: one\n\n" + rest) == ["one"]
    assert parser.flush() == ["last"]
    assert parser.flush() == []
