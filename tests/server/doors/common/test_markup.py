"""Tags are taken out of a text, however it is cut."""

from __future__ import annotations

import pytest

from makima.server.doors.common.markup import MarkupFilter, plain

CASES = [
    ('Wait.<break time="1s"/>Go on.', "Wait. Go on."),
    ('<speed ratio="1.5"/>Fast <emotion value="angry"/>now', " Fast  now"),
    ("<spell>ABC</spell>", " ABC "),
    ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
    ("an open <b", "an open <b"),
    ("<unknown>", "<unknown>"),
]


@pytest.mark.parametrize(("text", "spoken"), CASES)
def test_a_whole_text(text: str, spoken: str) -> None:
    assert plain(text) == spoken


@pytest.mark.parametrize(("text", "spoken"), CASES)
@pytest.mark.parametrize("size", [1, 3, 7])
def test_pieces(text: str, spoken: str, size: int) -> None:
    markup = MarkupFilter()
    pieces = [markup.feed(text[at : at + size]) for at in range(0, len(text), size)]
    assert "".join([*pieces, markup.flush()]) == spoken


def test_an_open_bracket_is_not_held_for_ever() -> None:
    markup = MarkupFilter()
    assert markup.feed("<a" + "x" * 300)
