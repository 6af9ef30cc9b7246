"""`makima.engines.guards`: each guard driven to its verdict, and past what is not its business."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np
import pytest

from makima.engines.guards import (
    LOOP_FRAMES,
    MAX_PERIOD_FRAMES,
    QUIET_FRAMES,
    TRIM_LIMIT_S,
    OnsetTrimmer,
    RunawayGuard,
    Verdict,
    most_frames,
)
from makima.events import Samples

RATE_HZ = 24_000


def watch(
    codes: Iterable[int],
    *,
    frames: int,
    rms: float = 0.1,
    eos: float = -3.0,
    text_left: bool = False,
    cap: int | None = None,
) -> tuple[int, Verdict] | None:
    guard = RunawayGuard()
    for frame, code in enumerate(itertools.islice(codes, frames), 1):
        verdict = guard.observe(code, rms, eos, text_left=text_left, cap_frames=cap)
        if verdict is not None:
            return frame, verdict
    return None


def test_speech_is_left_alone() -> None:
    assert watch(itertools.count(), frames=2000) is None


def test_a_missed_end_is_noticed() -> None:
    assert watch(itertools.count(), frames=500, rms=1e-4, eos=-32.0) == (QUIET_FRAMES, Verdict.MISSED_EOS)


@pytest.mark.parametrize(
    "spared", [{"rms": 0.1, "eos": -32.0}, {"rms": 1e-4, "eos": -3.0}, {"rms": 1e-4, "eos": -32.0, "text_left": True}]
)
def test_a_missed_end_needs_quiet_a_lost_end_and_no_text(spared: dict[str, float]) -> None:
    assert watch(itertools.count(), frames=500, **spared) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("period", [1, 2, 7, MAX_PERIOD_FRAMES])
def test_a_loop_is_noticed(period: int) -> None:
    found = watch(itertools.cycle(range(period)), frames=500)
    assert found is not None
    assert found[1] is Verdict.LOOP
    assert found[0] <= LOOP_FRAMES + MAX_PERIOD_FRAMES


def test_a_repeated_word_is_no_loop() -> None:
    words = [*range(100, 120), *([1, 2, 3, 4] * 8), *range(200, 260)]
    assert watch(words * 3, frames=len(words) * 3) is None


def test_the_cap() -> None:
    assert watch(itertools.count(), frames=500, cap=most_frames(5)) == (most_frames(5), Verdict.CAP)
    assert watch(itertools.count(), frames=5000, cap=None) is None


def tone(seconds: float) -> Samples:
    return np.asarray(0.3 * np.sin(np.arange(int(seconds * RATE_HZ)) * 0.1), np.float32)


def silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE_HZ), np.float32)


@pytest.mark.parametrize("silent_s", [0.0, 0.01, 0.2, 0.39, 0.8])
@pytest.mark.parametrize("chunk", [480, 1920, 100_000])
def test_leading_silence_is_trimmed_up_to_the_limit(silent_s: float, chunk: int) -> None:
    audio = np.concatenate([silence(silent_s), tone(0.5), silence(0.5), tone(0.1)])
    trimmer = OnsetTrimmer(RATE_HZ)
    out = np.concatenate([trimmer.push(audio[i : i + chunk]) for i in range(0, len(audio), chunk)])
    assert trimmer.trimmed_samples <= TRIM_LIMIT_S * RATE_HZ
    np.testing.assert_array_equal(out, audio[trimmer.trimmed_samples :])
    assert trimmer.onset_sample is not None
    assert abs(out[trimmer.onset_sample]) > 0
    assert np.abs(out[: trimmer.onset_sample]).max(initial=0) < 0.006
    if silent_s > TRIM_LIMIT_S:
        assert trimmer.trimmed_samples == pytest.approx(TRIM_LIMIT_S * RATE_HZ, abs=1)


def test_silence_alone_keeps_what_is_over_the_limit() -> None:
    trimmer = OnsetTrimmer(RATE_HZ)
    assert len(trimmer.push(silence(1.0))) == RATE_HZ - round(TRIM_LIMIT_S * RATE_HZ)
    assert trimmer.onset_sample is None
