"""Text that is still being written: the same speech as the whole, before the whole is there."""

from __future__ import annotations

import numpy as np
import pytest

from makima.engines.protocol import SpeechRequest
from makima.engines.qwen3 import Qwen3Engine
from makima.events import AudioChunk, SpeechEnd
from tests.engines.qwen3.conftest import MakeEngine
from tests.support.streams import Events, hear

TEXT = (
    "I paid $1,234.50 for 12 km on the 3rd, at 14:05, and **that** was that 😀 for today. "
    "Then it went on, and on, and on, until nobody was left who could say how long it had been going on. Done 7"
)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_any_split_gives_the_same_speech(calm: Qwen3Engine, size: int) -> None:
    spoken = []
    for pieces in ([TEXT], [TEXT[i : i + size] for i in range(0, len(TEXT), size)]):
        stream = calm.open(SpeechRequest("makima", seed=3))
        for piece in pieces:
            stream.feed(piece)
        stream.end_text()
        spoken.append(hear(stream).samples)
    np.testing.assert_array_equal(spoken[0], spoken[1])


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
