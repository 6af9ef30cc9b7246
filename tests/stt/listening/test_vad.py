"""Models go from stream to stream, and their state does not."""

from __future__ import annotations

import gc

import pytest

from makima.errors import CapacityError
from makima.stt.listening import vad
from makima.stt.listening.endpoint import WINDOW_SAMPLES
from makima.stt.listening.vad import SileroDetector
from tests.support.speech import spoken

WINDOWS = spoken("Hello there.")[: 20 * WINDOW_SAMPLES].reshape(20, WINDOW_SAMPLES)


def rated() -> tuple[list[float], object]:
    """What a new detector says, and the model it used."""
    detector = SileroDetector()
    return [detector(window) for window in WINDOWS], detector._model


def test_a_model_is_used_again_and_knows_nothing_of_before() -> None:
    first, model = rated()
    gc.collect()
    again, same = rated()
    assert again == first
    assert same is model


def test_streams_at_the_same_time_have_models_of_their_own() -> None:
    alone, _ = rated()
    one, other = SileroDetector(), SileroDetector()
    for window, expected in zip(WINDOWS, alone, strict=True):
        assert one(window) == expected
        other(window[::-1].copy())


def test_without_memory_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vad, "is_short", lambda needed: True)
    monkeypatch.setattr(vad._models, "_idle", [])
    with pytest.raises(CapacityError, match="memory"):
        SileroDetector()
