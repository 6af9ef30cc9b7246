"""The benchmark of what is understood, run on one sentence."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from makima.cli import app


def test_it_measures_and_keeps_the_line(tmp_path: Path) -> None:
    options = ["-e", "espeak", "-r", "pocketsphinx", "-l", "en,de", "-v", "makima,tenor", "--sentences", "1"]
    done = CliRunner().invoke(app, ["bench", "words", *options, "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    figures = json.loads((tmp_path / "words.json").read_text())["figures"]
    assert len(figures) == 2 * 3, "PocketSphinx does not know German"
    assert figures["espeak makima, English, pocketsphinx: WER"]["unit"] == "%"
    assert figures["espeak tenor, English, pocketsphinx: real-time factor of speaking"]["value"] > 0
    assert (tmp_path / "words-misheard.tsv").exists()


def test_what_there_is_none_of_is_named() -> None:
    for option, name in (("-e", "flute"), ("-r", "ears")):
        done = CliRunner().invoke(app, ["bench", "words", option, name])
        assert done.exit_code == 1
        assert name in str(done.exception)
