"""Pronunciations: whole words, capitals, lines that are wrong."""

from __future__ import annotations

import pytest

from makima.errors import InvalidMessage
from makima.text.pronunciations import NONE, from_mapping, joined, parsed

FILE = "# names\nNguyen\twin\n\n~SQL\tsequel\nNew York\tN Y\nNew York City\tN Y C\n東京\tとうきょう\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Nguyen, nguyen and Nguyens", "win, nguyen and Nguyens"),
        ("sql SQL Sql sqlite", "sequel sequel sequel sqlite"),
        ("New York City, New York", "N Y C, N Y"),
        ("東京都", "とうきょう都"),
    ],
)
def test_words_of_a_file(text: str, said: str) -> None:
    assert parsed(FILE, "words.tsv").apply(text) == said


@pytest.mark.parametrize("line", ["no tab", "word\t", "\tsaid", "a\tb\tc", "a" * 300 + "\tb", "a\x07\tb"])
def test_a_bad_line_names_its_number(line: str) -> None:
    with pytest.raises(InvalidMessage, match=r"words\.tsv, line 2"):
        parsed(f"good\tfine\n{line}\n", "words.tsv")


@pytest.mark.parametrize("given", [{"": "x"}, {"x": " "}, {"~": ""}])
def test_a_bad_entry_of_a_message_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(InvalidMessage, match="pronunciations"):
        from_mapping(given)


def test_later_ones_win() -> None:
    assert joined(from_mapping({"a": "one"}), NONE, from_mapping({"a": "two"})).apply("a") == "two"
    assert not joined(NONE, NONE)


def test_what_was_put_in_is_not_looked_at_again() -> None:
    assert from_mapping({"a": "b", "b": "c"}).apply("a b") == "b c"
