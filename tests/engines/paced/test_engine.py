"""An engine at a pace that is not its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from makima.engines.buffer import StreamBuffer
from makima.engines.fake import FakeEngine
from makima.engines.paced import PacedEngine, paced
from makima.engines.protocol import Capabilities, SpeechRequest, SpeechStream
from makima.errors import InvalidMessage
from makima.events import AudioChunk, SpokenWord
from tests.support.server.streams import begin, hear

RATE_HZ = 24_000


class Steady(FakeEngine):
    """Two seconds of a tone, a word each half second; faster by itself up to twice, and it says what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[float] = []

    @property
    def capabilities(self) -> Capabilities:
        return replace(super().capabilities, speeds=(0.5, 2.0))

    def open(self, request: SpeechRequest) -> SpeechStream:  # type: ignore[override]
        self.asked.append(request.speed)
        stream = _Steady(RATE_HZ)
        half = round(RATE_HZ / 2 / request.speed)
        for number in range(4):
            tone = 0.3 * np.sin(2 * np.pi * 220 * np.arange(half) / RATE_HZ)
            word = SpokenWord(2 * number, 1, number * half, number * half + half // 2)
            stream.put(tone.astype(np.float32), (word,))
        stream.finish("end")
        return stream


class _Steady(StreamBuffer):
    def feed(self, text: str) -> None:
        pass

    def end_text(self) -> None:
        pass


@pytest.fixture
def engine() -> Iterator[PacedEngine]:
    found = paced(Steady())
    found.load(lambda _: None)
    yield found
    found.close()


@pytest.mark.parametrize(("speed", "own"), [(1.0, 1.0), (1.5, 1.5), (2.0, 2.0), (4.0, 2.0), (0.5, 0.5), (0.25, 0.5)])
def test_the_engine_does_what_it_can(engine: PacedEngine, speed: float, own: float) -> None:
    heard = hear(begin(engine, SpeechRequest("makima", speed=speed), "a b c d"))
    assert isinstance(engine.inner, Steady)
    assert engine.inner.asked == [own]
    assert len(heard.samples) / RATE_HZ == pytest.approx(2.0 / speed, rel=0.05)
    assert heard.end.reason == "end"
    assert heard.end.total_samples == len(heard.samples)


@pytest.mark.parametrize("speed", [0.25, 1.0, 3.0, 4.0])
def test_words_keep_to_their_sound(engine: PacedEngine, speed: float) -> None:
    heard = hear(begin(engine, SpeechRequest("makima", speed=speed), "a b c d"))
    words = [(chunk.start_sample, word) for chunk in heard.chunks for word in chunk.words]
    assert [word.start_sample / RATE_HZ for _, word in words] == pytest.approx(
        [number * 0.5 / speed for number in range(4)], abs=0.002
    )
    assert all((word.end_sample or 0) <= len(heard.samples) for _, word in words)
    assert all(start <= word.start_sample + 0.1 * RATE_HZ for start, word in words), "told after its sound"


def test_chunks_are_contiguous(engine: PacedEngine) -> None:
    position = 0
    for event in begin(engine, SpeechRequest("makima", speed=4.0), "a b c d"):
        if isinstance(event, AudioChunk):
            assert event.start_sample == position
            assert len(event.samples)
            position += len(event.samples)
    assert position


def test_iteration_gives_what_polling_gives(engine: PacedEngine) -> None:
    request = SpeechRequest("makima", speed=3.0)
    *chunks, _ = begin(engine, request, "a")
    samples = np.concatenate([chunk.samples for chunk in chunks if isinstance(chunk, AudioChunk)])
    np.testing.assert_array_equal(samples, hear(begin(engine, request, "a")).samples)


@pytest.mark.parametrize("speed", [0.2, 4.1, float("nan")])
def test_other_speeds_are_refused(engine: PacedEngine, speed: float) -> None:
    with pytest.raises(InvalidMessage, match="speed"):
        engine.open(SpeechRequest("makima", speed=speed))


def test_it_speaks_at_any_pace(engine: PacedEngine) -> None:
    assert engine.capabilities.speeds == (0.25, 4.0)
