"""`makima bench book` finds a book right that was killed on its way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from makima.bench import books
from makima.bench.books import bench_book


def test_a_short_book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(books, "SAMPLE_S", 0.05)
    found = bench_book(100, 2, "fake", "m4b", kills=1)
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == found
    assert (found["chapters"], found["kills"]) == (2, 1)
    assert found["wordsTimed"] > 100
    assert found["audioHours"] > 0
