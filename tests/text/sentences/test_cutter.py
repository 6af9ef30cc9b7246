"""Where written text is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.text.sentences.cutter import AHEAD_CHARACTERS, Cutter

TEXTS = st.text(alphabet="ab.!?。．(“”)\n #|-*1I<> \t`", max_size=700)


def cut(text: str, maximum: int = 300) -> list[str]:
    cutter = Cutter(maximum)
    return [*cutter.feed(text), *cutter.end()]


@given(text=TEXTS, sizes=st.lists(st.integers(0, 30), max_size=80), maximum=st.sampled_from([60, 300]))
def test_any_split_gives_the_same(text: str, sizes: list[int], maximum: int) -> None:
    cutter, pieces, at = Cutter(maximum), [], 0
    for size in sizes:
        pieces += cutter.feed(text[at : at + size])
        at += size
    assert [*pieces, *cutter.feed(text[at:]), *cutter.end()] == cut(text, maximum)


@given(text=TEXTS)
def test_nothing_is_lost_and_nothing_is_too_long(text: str) -> None:
    pieces = cut(text, 100)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(0 < len(piece) <= 100 + AHEAD_CHARACTERS for piece in pieces)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("See Fig. 3 for it. Good.", ["See Fig. 3 for it.", "Good."]),
        ("He came at 5 p.m. Tuesday. The end.", ["He came at 5 p.m. Tuesday.", "The end."]),
        ("He lives in the U.S. The others do not.", ["He lives in the U.S.", "The others do not."]),
        ("I said no. We left.", ["I said no.", "We left."]),
        ("Look at no. 5 there.", ["Look at no. 5 there."]),
        ("Bread, milk, etc. were there.", ["Bread, milk, etc. were there."]),
        ("Am 3. September war es. So ist das.", ["Am 3. September war es.", "So ist das."]),
        ("Es war 1990. Das weiß ich.", ["Es war 1990.", "Das weiß ich."]),
        ("Vom 1.5. bis 3.5. ist zu.", ["Vom 1.5. bis 3.5. ist zu."]),
        ("Er kostet 3 Mio. Euro. Gut.", ["Er kostet 3 Mio. Euro.", "Gut."]),
        ("Il vit av. J.-C. environ.", ["Il vit av. J.-C. environ."]),
        ("Он живёт на ул. Ленина. Там.", ["Он живёт на ул. Ленина.", "Там."]),
        (
            "It costs 3.50 euros (see p. 4. or 5. there) now. Yes.",
            ["It costs 3.50 euros (see p. 4. or 5. there) now.", "Yes."],
        ),
        ("他说：「你好。我走了。」然后离开。", ["他说：「你好。我走了。」然后离开。"]),
        ("次の文．終わりは３．５です．", ["次の文．", "終わりは３．５です．"]),
        ("# Title\nText goes\non. More.", ["# Title", "Text goes\non.", "More."]),
        ("Shop:\n- milk\n- bread\n\nDone", ["Shop:", "- milk", "- bread", "Done"]),
        ("| a | b |\n|---|---|\n| 1 | 2 |", ["| a | b |", "|---|---|", "| 1 | 2 |"]),
        ("```py\nx = 1. y\n```\nDone.", ["```py", "x = 1. y", "```", "Done."]),
        ('Wait <break time="1. 5s"/> here. Now.', ['Wait <break time="1. 5s"/> here.', "Now."]),
        ("Sad :( but fine. Next.", ["Sad :( but fine.", "Next."]),
    ],
)
def test_where_it_is_cut(text: str, pieces: list[str]) -> None:
    assert cut(text) == pieces


@pytest.mark.parametrize(
    ("text", "settled"),
    [
        ("Hello there.", ["Hello there."]),
        ("Hello there", []),
        ("He met Dr.", []),
        ("It is 5 p.m.", ["It is 5 p.m."]),
        ("Is it (really.", []),
        ("你好．", ["你好．"]),
        ('He said "no."', ['He said "no."']),
    ],
)
def test_what_settles(text: str, settled: list[str]) -> None:
    cutter = Cutter()
    assert cutter.feed(text) == []
    assert cutter.settle() == settled
