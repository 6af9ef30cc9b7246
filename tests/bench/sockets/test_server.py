"""The server's benchmark over the fake engine, end to end."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from makima.bench import run
from makima.bench.idle import can_tell
from makima.bench.sockets.listener import Heard
from makima.bench.sockets.server import Plan
from makima.bench.sockets.texts import TEXTS
from makima.errors import ConfigError


def test_every_figure_is_there_and_positive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run.bench_server(Plan("fake", (2,), ("short", "medium"), rounds=1, settle_rounds=1), tmp_path)
    said = json.loads((tmp_path / "server.json").read_text())
    figures = said["figures"]
    for sessions in (2,):
        for text in ("short", "medium"):
            for what in ("first audio", "audible onset", "gap between chunks"):
                for percentile in ("p50", "p95", "p99"):
                    assert figures[f"{sessions} x {text}: {what}, {percentile}"]["value"] > 0
            assert figures[f"{sessions} x {text}: underruns an utterance at a player with 100 ms"]["value"] >= 0
            assert figures[f"{sessions} x {text}: all sessions spoken, p50"]["value"] > 0
        assert figures[f"{sessions} x cancel to its answer, p99"]["value"] > 0
        if can_tell():
            assert figures[f"{sessions} x cancel to idle, p99"]["value"] > 0
    assert figures["2 x short: first audio, p50"]["target"] == 150
    assert figures["2 x medium: first audio, p50"]["target"] == 200
    printed = capsys.readouterr()
    assert "first audio" in printed.out
    assert "0/6 starting the server with fake" in printed.err  # no terminal, so lines take the place of the bar
    assert (tmp_path / "server.png").stat().st_size > 1000


def test_the_texts_are_short_medium_and_long() -> None:
    short, medium, long = (len(TEXTS[name]) for name in ("short", "medium", "long"))
    assert short < 50
    assert medium <= 200
    assert 400 < long < 1000


@pytest.mark.parametrize(("fields", "key"), [({"texts": ("tiny",)}, "--texts"), ({"engine": "none"}, "--engine")])
def test_what_there_is_not(fields: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        Plan(**fields)  # type: ignore[arg-type]


def test_what_a_listener_hears() -> None:
    silence, voice = np.zeros(1920, np.float32), np.full(1920, 0.5, np.float32)
    heard = Heard([silence, voice, voice], [50.0, 60.0, 260.0])
    assert heard.first_audio_ms == 50.0
    assert heard.gaps_ms == [10.0, 200.0]
    assert heard.onset_ms() == 130.0
    assert heard.audio_ms == pytest.approx(240.0)
    # 160 ms are there at 60 ms, and last until 220.
    assert heard.playback().stalls_ms == pytest.approx((40.0,))
