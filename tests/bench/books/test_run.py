"""`makima bench book` finds a book right that was killed on its way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from makima.bench.books import run
from makima.bench.books.run import Plan, bench_book
from makima.config import load_settings


def test_a_short_book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(run, "SAMPLE_S", 0.05)
    monkeypatch.setattr(run, "ALONE_S", 0.1)
    found = bench_book(Plan(100, 2, "m4b", kills=1), load_settings(engine="espeak", watermark="off"), tmp_path)
    assert found.items() <= json.loads(capsys.readouterr().out.splitlines()[-1]).items()
    assert (found["chapters"], found["kills"]) == (2, 1)
    assert found["wordsTimed"] > 100
    assert found["exact"]
    assert found["wordsWithSound"] > 0.99
    assert found["pausesSilent"] == 1.0
    assert found["audioHours"] > 0
    assert json.loads((tmp_path / "book-espeak.json").read_text())["engine"] == "espeak"
