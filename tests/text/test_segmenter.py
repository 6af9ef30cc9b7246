"""Sentences out of a text, whole or still being written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.text.segmenter import MAX_SEGMENT_CHARACTERS, Segmenter

# Texts made of what the rules look at, so that every rule meets every other.
WORDS = st.sampled_from(
    [
        *("Dr", "e.g", "J", "3", "hello", "Yes", "z.B", "你好", "Ende", "ÄÖ", "s", "a" * 50, "\U0001f600"),
        *'.!?…。！？,;:、，—"”)」',
    ]
)
GAPS = st.sampled_from(["", "", " ", "  ", "\n", "\n\n", "\t", "\r\n", "\u3000"])
TEXTS = st.lists(st.tuples(WORDS, GAPS), max_size=40).map(lambda parts: "".join(word + gap for word, gap in parts))
LIMITS = st.sampled_from([MAX_SEGMENT_CHARACTERS, 30, 12])
FIRST_CLAUSES = st.sampled_from([None, 6, 24])


def cut(text: str, max_characters: int = MAX_SEGMENT_CHARACTERS, first_clause: int | None = None) -> list[str]:
    segmenter = Segmenter(max_characters, first_clause)
    return [*segmenter.feed(text), *segmenter.flush()]


def cut_in_pieces(text: str, sizes: list[int], max_characters: int, first_clause: int | None) -> list[str]:
    segmenter, sentences, start = Segmenter(max_characters, first_clause), [], 0
    for size in sizes:
        sentences += segmenter.feed(text[start : start + size])
        start += size
    return [*sentences, *segmenter.feed(text[start:]), *segmenter.flush()]


def letters(text: str) -> str:
    return "".join(text.split())


@given(text=TEXTS, sizes=st.lists(st.integers(0, 20), max_size=60), limit=LIMITS, first=FIRST_CLAUSES)
def test_any_split_of_the_text_gives_the_same(text: str, sizes: list[int], limit: int, first: int | None) -> None:
    whole = cut(text, limit, first)
    assert cut_in_pieces(text, sizes, limit, first) == whole
    assert cut_in_pieces(text, [1] * len(text), limit, first) == whole


@given(text=TEXTS | st.text(max_size=400), limit=LIMITS, first=FIRST_CLAUSES)
def test_nothing_is_lost_and_nothing_is_too_long(text: str, limit: int, first: int | None) -> None:
    sentences = cut(text, limit, first)
    assert letters("".join(sentences)) == letters(text)
    assert all(0 < len(sentence) <= limit for sentence in sentences)
    assert all(sentence == sentence.strip() for sentence in sentences)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        (" \n\t ", []),
        ("No mark at the end", ["No mark at the end"]),
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ('He said "No." Then he left.', ['He said "No."', "Then he left."]),
        ("Dr. Who met Mr. Smith.", ["Dr. Who met Mr. Smith."]),
        ("J. S. Bach wrote it. I know.", ["J. S. Bach wrote it.", "I know."]),
        ("Am 3. September war es. So ist das.", ["Am 3. September war es.", "So ist das."]),
        ("It costs 3.50 euros. Cheap!", ["It costs 3.50 euros.", "Cheap!"]),
        ("Wait... what? Yes.", ["Wait... what?", "Yes."]),
        ("你好。今天好吗？好！", ["你好。", "今天好吗？", "好！"]),
        ("「はい。」と言った。", ["「はい。」", "と言った。"]),
        ("A heading\n\nA paragraph.", ["A heading", "A paragraph."]),
    ],
)
def test_where_sentences_end(text: str, sentences: list[str]) -> None:
    assert cut(text) == sentences


def test_a_sentence_comes_as_soon_as_it_is_settled() -> None:
    segmenter = Segmenter()
    assert segmenter.feed("Hello there.") == []
    assert segmenter.feed(" ") == []
    assert segmenter.feed("W") == ["Hello there."]
    assert segmenter.flush() == ["W"]


def test_a_long_sentence_is_cut_at_a_clause_else_at_a_space_else_anywhere() -> None:
    assert cut("aaaa bbbb, cccc dddd eeee", 20) == ["aaaa bbbb,", "cccc dddd eeee"]
    assert cut("aaaa bbbb cccc dddd eeee", 20) == ["aaaa bbbb cccc dddd", "eeee"]
    assert cut("a" * 50, 20) == ["a" * 20, "a" * 20, "a" * 10]


def test_only_the_first_sentence_may_end_at_a_clause() -> None:
    text = "Well then, my friend, here we go, at last. And so, my friend, we go."
    assert cut(text, first_clause=8) == ["Well then,", "my friend, here we go, at last.", "And so, my friend, we go."]
