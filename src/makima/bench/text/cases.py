"""Texts and how they are read: our own, and those of a folder of test cases as NeMo text processing keeps them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from makima.bench.text.rows import ROWS
from makima.bench.text.tables import TABLES
from makima.errors import AssetError
from makima.text.language import AUTO, CODES

SPOKEN_FIRST = frozenset(("German", "Russian"))
"""Languages whose files have the spoken form in front of the written one."""

_LEFT_OUT = re.compile(r"_(?:word|.*audio)\.txt$")


@dataclass(frozen=True, slots=True)
class Case:
    """A text in a language, and the readings that are right."""

    language: str
    text: str
    readings: tuple[str, ...]


def own_cases() -> list[Case]:
    """Those that come with makima; of `Auto` none, since they are no language's."""
    rows = [
        Case(language, text, (" ".join(part for part in said if isinstance(part, str)),))
        for _, language, text, said in ROWS
        if language != AUTO
    ]
    return rows + [Case(language, text, (said,)) for language, texts in TABLES.items() for text, said in texts.items()]


def cases_in(folder: Path) -> list[Case]:
    """Those of `folder`, which holds one folder for each language's code, as `en/test_cases_date.txt`.

    Cases of plain words, and of readings chosen by a recording, are left out.

    Raises: AssetError where there are none
    """
    found = [case for language, code in CODES.items() for case in _cases_of(folder, language, code)]
    if not found:
        mend = "It needs one folder for each language, such as en, with files named test_cases_*.txt."
        raise AssetError(str(folder), "There are no test cases in it.", mend=mend)
    return found


def _cases_of(folder: Path, language: str, code: str) -> Iterator[Case]:
    for file in sorted((folder / code).rglob("test_cases_*.txt")):
        if _LEFT_OUT.search(file.name):
            continue
        for line in file.read_text("utf-8").splitlines():
            first, *others = line.split("~")
            if not others:
                continue
            text, readings = (others[0], [first]) if language in SPOKEN_FIRST else (first, others)
            yield Case(language, text, tuple(readings))


def same(said: str, reading: str) -> bool:
    """Whether two readings sound the same: without capitals, marks and spaces."""
    return _bare(said) == _bare(reading)


def _bare(text: str) -> str:
    return re.sub(r"[\W_]", "", text.casefold())
