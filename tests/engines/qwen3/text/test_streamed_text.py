"""Text that is still being written: the same speech as the whole, before the whole is there."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from torch import Tensor

from makima.engines.protocol import SpeechRequest
from makima.engines.qwen3.engine import Qwen3Engine
from makima.engines.qwen3.runner.runner import Runner
from makima.events import AudioChunk, Samples, SpeechEnd
from tests.engines.qwen3.conftest import MakeEngine
from tests.support.models.checkpoints import FRAME_SAMPLES
from tests.support.server.streams import Events, hear, speak

TEXT = "I paid $1,250 on the 3rd, **so** 2 km 😀. Now 7"


def cut_inside(*words: str) -> list[str]:
    """The text, cut after the first character of each of these, in order."""
    pieces, rest = [], TEXT
    for word in words:
        cut = rest.index(word) + 1
        pieces.append(rest[:cut])
        rest = rest[cut:]
    return [*pieces, rest]


def pieces_of(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


class Codes:
    """The codes that are chosen, frame after frame. Nothing is made of them: that costs time."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.said: list[list[int]] = []
        patch.setattr(Runner, "decode", self._decode)

    def of(self, engine: Qwen3Engine, *pieces: str) -> list[list[int]]:
        self.said = []
        assert speak(engine, *pieces, seed=3).end.reason == "end"
        return self.said

    def _decode(self, frames: Mapping[int, Tensor]) -> dict[int, Samples]:
        self.said += [codes.tolist() for codes in frames.values()]
        return {slot: np.zeros(FRAME_SAMPLES, np.float32) for slot in frames}


@pytest.fixture
def codes(monkeypatch: pytest.MonkeyPatch) -> Codes:
    return Codes(monkeypatch)


def test_any_split_gives_the_same_codes(calm: Qwen3Engine, codes: Codes) -> None:
    whole = codes.of(calm, TEXT)
    assert len(whole) > 20
    for pieces in (
        pieces_of(TEXT, 1),
        pieces_of(TEXT, 7),
        cut_inside("paid", "$1,250", "250", "3rd", "**so**", "2 km", " km", "Now"),
    ):
        assert "".join(pieces) == TEXT
        assert codes.of(calm, *pieces) == whole, pieces


def test_speech_begins_before_the_text_is_complete_and_waits_for_it(make_engine: MakeEngine) -> None:
    """By its speaker vector alone a voice needs one word to begin with; a slot without text rests."""
    engine = make_engine()
    stream = engine.open(SpeechRequest("hummer", seed=3))
    events = Events(stream)
    stream.feed("Hello there my ")
    first = events.next()
    assert isinstance(first, AudioChunk)
    for word in ["friends,", "this", "is", "all", "I", "have", "to", "say", "to", "you."]:
        stream.feed(word + " ")
    stream.end_text()
    rest = events.rest()
    assert rest.end.reason == "end"
    whole = engine.open(SpeechRequest("hummer", seed=3))
    whole.feed("Hello there my friends, this is all I have to say to you. ")
    whole.end_text()
    expected = hear(whole)
    assert isinstance(expected.end, SpeechEnd)
    np.testing.assert_array_equal(np.concatenate([first.samples, rest.samples]), expected.samples)
