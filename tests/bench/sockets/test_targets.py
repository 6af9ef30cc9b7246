"""Targets of the server's figures."""

from __future__ import annotations

import pytest

from makima.bench.sockets.targets import first_audio_targets_ms, over_engine_target, real_time_target


@pytest.mark.parametrize(
    ("engine", "sessions", "text", "targets"),
    [
        ("espeak", 10, "medium", {"p50": 30.0, "p95": 60.0}),
        ("espeak", 11, "medium", {"p50": 200.0}),
        ("espeak", 1, "short", {"p50": 150.0}),
        ("qwen3", 1, "long", {"p50": 300.0}),
        ("kokoro", 1, "long", {"p50": 450.0, "p95": 700.0}),
        ("kokoro", 2, "short", {"p50": 675.0, "p95": 1050.0}),
        ("kokoro", 3, "short", {"p50": 150.0}),
    ],
)
def test_first_audio(engine: str, sessions: int, text: str, targets: dict[str, float]) -> None:
    assert first_audio_targets_ms(engine, sessions, text) == targets


def test_others() -> None:
    assert [real_time_target(*of) for of in (("kokoro", 1), ("kokoro", 2), ("qwen3", 1))] == [0.32, 1.0, 1.0]
    assert over_engine_target("espeak", 10, "medium") == 1.3
    assert over_engine_target("espeak", 9, "medium") is None
