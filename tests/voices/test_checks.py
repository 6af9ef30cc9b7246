"""What is told of a recording, in words."""

from __future__ import annotations

import numpy as np
import pytest

from makima.events import Samples
from makima.voices.recording import RATE_HZ, prepare
from tests.support.recordings import TRANSCRIPT, silence, speech


def codes(samples: Samples, transcript: str | None = None) -> dict[str, str]:
    return {finding.code: finding.level for finding in prepare(samples, transcript).findings}


def test_a_good_one() -> None:
    assert codes(speech(8.0), TRANSCRIPT) == {}


BAD: dict[str, tuple[Samples, str, str]] = {
    "too short": (speech(2.0), "short", "error"),
    "hardly long enough": (speech(4.0), "length", "advice"),
    "longer than best": (speech(20.0), "length", "advice"),
    "longer than is kept": (speech(40.0), "cut", "warning"),
    "silent": (silence(8.0), "silent", "error"),
    "nothing": (silence(0.0), "silent", "error"),
    "not numbers": (np.full(8 * RATE_HZ, np.nan, np.float32), "broken", "error"),
    "clipped": (np.clip(speech(8.0, level=2.0), -1, 1), "clipping", "warning"),
    "noisy": (speech(8.0, noise=0.03), "noise", "warning"),
    "nothing but noise": (speech(8.0, level=0.0, noise=0.1), "noise", "warning"),
    "mostly pauses": (np.concatenate([speech(2.0), silence(9.0), speech(2.0)]), "pauses", "warning"),
    "one long pause": (np.concatenate([speech(5.0), silence(3.0), speech(5.0)]), "pauses", "advice"),
    "two loudnesses": (np.concatenate([speech(5.0), speech(5.0, level=0.02)]), "loudness", "warning"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_found(name: str) -> None:
    samples, code, level = BAD[name]
    assert codes(samples)[code] == level


@pytest.mark.parametrize(
    ("transcript", "found"),
    [
        (TRANSCRIPT, False),
        (None, False),
        ("Hm.", True),
        (TRANSCRIPT * 6, True),
        ("今日はとても良い天気なので、公園まで散歩に行こうと思います。", False),
        ("今日", True),
        ("今日はとても良い天気なので、公園まで散歩に行こうと思います。" * 5, True),
    ],
)
def test_a_transcript_that_cannot_be_right(transcript: str | None, found: bool) -> None:
    assert ("transcript" in codes(speech(8.0), transcript)) == found
