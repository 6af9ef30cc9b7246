"""`makima.text.stable_prefix`: what is settled stays settled, however the text was split."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.text.normalize import normalize
from makima.text.stable_prefix import StablePrefix

WORDS = st.sampled_from(
    "Hello 5 km $1,234.50 [a page](http://x.com b) 3rd 次。 。 了1次， and 12:05 😀 's".split()  # noqa: SIM905
)
TEXTS = st.lists(st.tuples(WORDS, st.sampled_from([" ", "", "  ", "\n\n"])), max_size=30).map(
    lambda parts: "".join(word + gap for word, gap in parts)
)


def spoken(text: str) -> str:
    return normalize(text, "English")


def fed(pieces: list[str]) -> str:
    prefix = StablePrefix(spoken)
    return "".join([*(prefix.feed(piece) for piece in pieces), prefix.flush()])


@given(TEXTS, st.data())
def test_any_split_gives_the_same(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=12)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert fed(pieces) == fed([text]) == fed(list(text))


@given(TEXTS)
def test_nothing_is_lost(text: str) -> None:
    prefix = StablePrefix()
    assert prefix.feed(text) + prefix.flush() == text


@pytest.mark.parametrize(
    ("text", "settled"),
    [
        ("Hello", ""),
        ("Hello there", ""),
        ("Hello there my", "Hello "),
        ("I paid 5", "I "),
        ("I paid 5 k", "I "),
        ("you owe me 5 km and", "you owe "),
        ("look at [the page](http", "look at "),
    ],
)
def test_what_may_still_change_is_held_back(text: str, settled: str) -> None:
    assert StablePrefix(spoken).feed(text) == settled
