"""What the server's figures should be, by engine, number of sessions and text."""

from __future__ import annotations

from typing import Final

GAP_TARGET_MS: Final = 30.0
CANCEL_TARGET_MS: Final = 80.0
"""One frame of the slowest engine."""

_FIRST_MS: Final = {"short": 150.0, "medium": 200.0, "long": 300.0}
_EMBEDDED_MS: Final = {"p50": 30.0, "p95": 60.0}
"""For 200 characters, at up to ten sessions."""
_EMBEDDED_OVER_ENGINE: Final = 1.3
_KOKORO_MS: Final = {"p50": 450.0, "p95": 700.0}
"""For a text of any length, alone."""
_KOKORO_SHARED: Final = 1.5
"""How much longer each of two sessions may wait."""
_KOKORO_REAL_TIME: Final = 0.32


def first_audio_targets_ms(engine: str, sessions: int, text: str) -> dict[str, float]:
    """The first audio's targets, by percentile."""
    if engine == "espeak" and sessions <= 10 and text == "medium":
        return dict(_EMBEDDED_MS)
    if engine == "kokoro" and sessions <= 2:
        share = 1.0 if sessions == 1 else _KOKORO_SHARED
        return {percentile: share * target for percentile, target in _KOKORO_MS.items()}
    return {"p50": _FIRST_MS[text]}


def real_time_target(engine: str, sessions: int) -> float:
    """Time over audio of one session."""
    return _KOKORO_REAL_TIME if engine == "kokoro" and sessions == 1 else 1.0


def over_engine_target(engine: str, sessions: int, text: str) -> float | None:
    """How much longer all sessions may take than the engine alone; None where there is no target."""
    return _EMBEDDED_OVER_ENGINE if engine == "espeak" and sessions == 10 and text == "medium" else None
