"""Which written words each stretch of a spoken sentence says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makima.bench.text.rows import ROWS
from makima.text.alignment import aligned, spoken_length
from makima.text.front_end import Feeder, Sentence, spoken_whole


def pairs(written: str, *sentences: str) -> list[tuple[str, str]]:
    return [
        (" ".join(written[span.start : span.end] for span in said.written), text[said.spoken.start : said.spoken.end])
        for text, found in zip(sentences, aligned(written, sentences), strict=True)
        for said in found
    ]


@pytest.mark.parametrize(
    ("written", "sentences", "expected"),
    [
        ("One two.", ["One two."], [("One", "One"), ("two.", "two.")]),
        (
            "It costs **$12.50** — really.",
            ["It costs twelve dollars fifty cents — really."],
            [("It", "It"), ("costs", "costs"), ("**$12.50**", "twelve dollars fifty cents"), ("really.", "really.")],
        ),
        (
            "On 12 May 2024 we met.",
            ["On the twelfth of may twenty twenty four we met."],
            [
                ("On", "On"),
                ("12", "the twelfth of"),
                ("May", "may"),
                ("2024", "twenty twenty four"),
                ("we", "we"),
                ("met.", "met."),
            ],
        ),
        ("12 May.", ["May twelfth."], [("12", "May"), ("May.", "twelfth.")]),  # what changes places shares its time
        ("£5 million", ["five million pounds"], [("£5", "five"), ("million", "million pounds")]),
        ("25 % von 80", ["fünf und zwanzig prozent von achtzig"], None),
        ("1. Milk", ["one, Milk"], [("1.", "one,"), ("Milk", "Milk")]),
        ("a [x] b", ["a b"], [("a", "a"), ("b", "b")]),  # what is not said is not told
        ("我有25块钱。", ["我有二十五块钱。"], None),
        ("One. Two.", ["One.", "Two."], [("One.", "One."), ("Two.", "Two.")]),
        ("Hello", [], []),
    ],
)
def test_pairs(written: str, sentences: list[str], expected: list[tuple[str, str]] | None) -> None:
    found = pairs(written, *sentences)
    if expected is not None:
        assert found == expected
    assert " ".join(word for word, _ in found).replace(" ", "") in written.replace(" ", "").replace("—", "") or expected


def test_places_count_from_the_offset() -> None:
    ((said,),) = aligned("Two", ["Two"], offset=5)
    assert (said.written[0].start, said.written[0].end) == (5, 8)
    assert (said.spoken.start, said.spoken.end) == (0, 3)


def test_figures_take_longer_than_they_are_written() -> None:
    assert spoken_length("25") > spoken_length("by")


@pytest.mark.parametrize(("language", "text"), [(row[1], row[2]) for row in ROWS])
def test_every_text_of_the_tables_is_aligned_in_order(language: str, text: str) -> None:
    feeder = Feeder(language, words=True)
    found = [*feeder.feed(text), *feeder.end()]
    last = 0
    for sentence in found:
        if not isinstance(sentence, Sentence):
            continue
        at = 0
        for said in sentence.words:
            assert at <= said.spoken.start < said.spoken.end <= len(sentence.text)
            at = said.spoken.end
            for span in said.written:
                assert last <= span.start < span.end <= len(text)
                last = span.end
        assert sentence.words, sentence
    assert [each for each in found if isinstance(each, Sentence)] == [
        each for each in spoken_whole(text, language) if isinstance(each, Sentence)
    ]


@given(st.data())
def test_any_split_gives_the_same_words(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([row[2] for row in ROWS if row[1] == "English"]))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=4)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    whole, split = (Feeder("English", words=True) for _ in range(2))
    in_pieces = [found for piece in pieces for found in split.feed(piece)] + split.end()
    at_once = whole.feed(text) + whole.end()
    assert [each.words for each in in_pieces if isinstance(each, Sentence)] == [
        each.words for each in at_once if isinstance(each, Sentence)
    ]
