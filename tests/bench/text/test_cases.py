"""Test cases of others, as they lie in their folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from makima.bench.text.cases import Case, cases_in, own_cases, same
from makima.bench.text.run import figures, read
from makima.errors import AssetError


def test_files_of_a_folder(tmp_path: Path) -> None:
    for name, lines in {
        "en/data/test_cases_time.txt": "2:00~two o'clock~two\nno case\n",
        "en/test_cases_word.txt": "a~a\n",
        "en/test_cases_normalize_with_audio.txt": "b~b\n",
        "de/test_cases_cardinal.txt": "zwei~2\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(lines, "utf-8")
    assert cases_in(tmp_path) == [
        Case("English", "2:00", ("two o'clock", "two")),
        Case("German", "2", ("zwei",)),
    ]


def test_a_folder_without_cases_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="no test cases"):
        cases_in(tmp_path)


def test_capitals_marks_and_spaces_are_not_heard() -> None:
    assert same("Zwei tausend-eins.", "zweitausendeins")
    assert not same("two", "too")


def test_what_is_counted() -> None:
    found = read([Case("English", "5", ("five",)), Case("English", "6", ("seven",))])
    assert (found.right, found.of) == ({"English": 1}, {"English": 2})
    assert found.others == [(Case("English", "6", ("seven",)), "six")]
    assert next(iter(figures("all", found))).value == 50


def test_our_own_cases_are_of_all_languages() -> None:
    assert len({case.language for case in own_cases()}) == 10
