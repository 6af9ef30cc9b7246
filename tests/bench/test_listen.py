"""The listening benchmark: what it counts, and that it runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from makima.bench.word_errors import WordErrors, word_errors
from makima.cli import app


@pytest.mark.parametrize(
    ("said", "recognised", "errors"),
    [
        ("Would you like tea?", "would you like tea", 0),
        ("Would you like tea?", "wood you like tea", 1),
        ("Would you like tea?", "would you like some tea", 1),
        ("Would you like tea?", "you like", 2),
        ("Would you like tea?", "", 4),
        ("It's nine o’clock.", "it's nine o'clock", 0),
        ("one two three", "three one two", 2),
    ],
)
def test_errors_are_the_fewest_changes(said: str, recognised: str, errors: int) -> None:
    assert word_errors(said, recognised).errors == errors


def test_the_rate_is_over_all_words() -> None:
    assert (WordErrors(1, 4) + WordErrors(2, 8)).rate == 0.25
    assert WordErrors(0, 0).rate == 0.0


def test_it_measures_and_keeps_the_line(tmp_path: Path) -> None:
    options = ["-r", "pocketsphinx", "--sentences", "1", "--paced", "1", "--out", str(tmp_path)]
    done = CliRunner().invoke(app, ["bench", "listen", *options])
    assert done.exit_code == 0, done.output
    line = json.loads((tmp_path / "listen.json").read_text())
    figures = line["figures"]
    assert 0 <= figures["pocketsphinx: word error rate, voice makima"]["value"] <= 100
    assert figures["pocketsphinx: end of speech to final, p50"]["value"] > 500
    assert line["settings"]["recognizers"] == ["pocketsphinx"]


def test_an_unknown_recogniser_is_named() -> None:
    done = CliRunner().invoke(app, ["bench", "listen", "-r", "ears"])
    assert done.exit_code == 1
    assert "parakeet" in str(done.exception)
