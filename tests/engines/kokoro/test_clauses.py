"""Where sentences are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.engines.kokoro.clauses import (
    CLAUSE,
    FIRST_S,
    LONGEST_S,
    PHRASE,
    SENTENCE,
    SWIFT_FIRST_S,
    ClauseCutter,
    seconds,
)

LONG = "I would like to show you the garden behind the house where my grandmother used to grow her roses every summer"


def cut(text: str, language: str = "English", speed: float = 1.0) -> list[tuple[str, str]]:
    return [(piece.text, piece.ends) for piece in ClauseCutter(speed).cut(text, language)]


@pytest.mark.parametrize(
    ("text", "language", "pieces"),
    [
        ("Yes.", "English", [("Yes.", SENTENCE)]),
        ("Good morning, how are you?", "English", [("Good morning, how are you?", SENTENCE)]),
        (
            "Good morning to all, and thank you for coming here today.",
            "English",
            [("Good morning to all,", CLAUSE), ("and thank you for coming here today.", SENTENCE)],
        ),
        (
            "She asked us to wait outside because the doors were closed.",
            "English",
            [
                ("She asked us", PHRASE),
                ("to wait outside", PHRASE),
                ("because the doors were closed.", SENTENCE),
            ],
        ),
        (
            "Rimetti il latte nel frigorifero quando hai finito.",
            "Italian",
            [("Rimetti il latte", PHRASE), ("nel frigorifero quando hai finito.", SENTENCE)],
        ),
        (
            "Os bilhetes custam vinte e cinco reais por pessoa.",
            "Portuguese",
            [("Os bilhetes custam", PHRASE), ("vinte e cinco reais por pessoa.", SENTENCE)],
        ),
        (
            "« Tu as encore faim ? » demanda-t-elle doucement.",
            "French",
            [("« Tu as encore faim ? »", CLAUSE), ("demanda-t-elle doucement.", SENTENCE)],
        ),
        (
            "今天天气很好，我们和朋友一起去海边吃饭。",
            "Chinese",
            [("今天天气很好，", CLAUSE), ("我们和朋友一起去海边吃饭。", SENTENCE)],
        ),
        (
            "明日は友達と一緒に海辺の町へ遊びに行きます。",
            "Japanese",
            [("明日は友達と一緒に海辺の町へ遊びに行きます。", SENTENCE)],
        ),
    ],
)
def test_cuts(text: str, language: str, pieces: list[tuple[str, str]]) -> None:
    assert cut(text, language) == pieces


def test_words_that_are_found_are_kept_whole() -> None:
    text = "明日は友達と一緒に海辺の町へ遊びに行きます。"
    cutter = ClauseCutter(
        boundaries=lambda rest, _: [place for place in range(len(rest)) if rest[place] in "友一海町遊行"]
    )
    pieces = [piece.text for piece in cutter.cut(text, "Japanese")]
    assert pieces == ["明日は友達と一緒に", "海辺の町へ遊びに行きます。"]


def test_the_first_piece_is_short_and_later_ones_grow() -> None:
    lengths = [seconds(text, "English") for text, _ in cut(f"{LONG} and all the children came to see them again.")]
    assert len(lengths) >= 3
    assert lengths[0] <= FIRST_S + 0.1
    assert lengths[0] < lengths[1] <= LONGEST_S


def test_a_later_sentence_goes_on_with_long_pieces() -> None:
    cutter = ClauseCutter()
    first = cutter.cut(f"{LONG}.", "English")
    assert len(cutter.cut(f"{LONG}.", "English")) < len(first)


def test_a_swift_model_speaks_longer_pieces_from_the_start() -> None:
    text = "These three very large wooden boxes stood there all night until somebody finally took them away."
    usual, swift = (ClauseCutter(first_s=first_s).cut(text, "English") for first_s in (FIRST_S, SWIFT_FIRST_S))
    assert seconds(usual[0].text, "English") < seconds(swift[0].text, "English") <= SWIFT_FIRST_S + 0.1


def test_more_is_said_at_once_when_it_is_said_faster() -> None:
    assert len(cut(LONG, speed=3.0)[0][0]) > 2 * len(cut(LONG)[0][0])


words = st.lists(st.text("abcdeföñ'", min_size=1, max_size=14), min_size=1, max_size=60)


@given(words, st.sampled_from([" ", ", ", "; ", " and "]), st.sampled_from([0.25, 1.0, 4.0]))
def test_no_word_is_cut_and_none_is_lost(words: list[str], between: str, speed: float) -> None:
    text = between.join(words)
    pieces = [piece for piece, _ in cut(text, speed=speed)]
    assert " ".join(pieces).split() == text.split()
    assert all(pieces)


@given(st.text("日本語がはとア、。", min_size=1, max_size=200))
def test_no_character_is_lost(text: str) -> None:
    assert "".join(piece for piece, _ in cut(text, "Japanese")) == text
    assert "".join(piece for piece, _ in cut(text, "Chinese")) == text
