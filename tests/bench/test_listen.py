"""The benchmark of recognisers, end to end."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from makima.cli import app


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
