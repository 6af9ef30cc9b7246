"""The buffer between an engine and its listener."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from makima.engines.buffer import StreamBuffer
from makima.errors import SynthesisFailed
from makima.events import AudioChunk, Samples, SpeechEnd

RATE_HZ = 1_000


def audio(samples: int) -> Samples:
    return np.full(samples, 0.5, np.float32)


@pytest.fixture
def buffer() -> StreamBuffer:
    return StreamBuffer(RATE_HZ, capacity_s=1.0)


def test_what_goes_in_comes_out(buffer: StreamBuffer) -> None:
    assert buffer.put(audio(10))
    assert buffer.put(audio(20))
    buffer.finish("end")
    first, second, end = list(buffer)
    assert isinstance(first, AudioChunk)
    assert isinstance(second, AudioChunk)
    assert (first.start_sample, second.start_sample) == (0, 10)
    assert end == SpeechEnd("end", 30)
    assert buffer.poll() is None


def test_empty_audio_is_no_event(buffer: StreamBuffer) -> None:
    assert buffer.put(audio(0))
    assert buffer.poll() is None


def test_the_first_end_counts(buffer: StreamBuffer) -> None:
    error = SynthesisFailed("It broke.")
    buffer.finish("failed", error)
    buffer.finish("end")
    assert not buffer.put(audio(1))
    assert list(buffer) == [SpeechEnd("failed", 0, error)]


def test_cancel_drops_what_waits(buffer: StreamBuffer) -> None:
    buffer.put(audio(10))
    buffer.put(audio(20))
    buffer.poll()
    buffer.cancel()
    buffer.cancel()
    assert not buffer.put(audio(1))
    assert list(buffer) == [SpeechEnd("cancelled", 10)]


def test_cancel_also_when_all_is_made_but_not_all_is_heard(buffer: StreamBuffer) -> None:
    """Engines run ahead of their listeners: most of what is cancelled has long been made."""
    buffer.put(audio(10))
    buffer.put(audio(20))
    buffer.finish("end")
    buffer.poll()
    buffer.cancel()
    assert list(buffer) == [SpeechEnd("cancelled", 10)]


def test_cancel_after_everything_was_heard_does_nothing(buffer: StreamBuffer) -> None:
    buffer.put(audio(10))
    buffer.finish("end")
    assert len(list(buffer)) == 2
    buffer.cancel()
    assert buffer.poll() is None


def test_it_is_full_by_the_length_of_its_audio(buffer: StreamBuffer) -> None:
    buffer.put(audio(RATE_HZ - 1))
    assert not buffer.full
    assert buffer.wait_for_room()
    buffer.put(audio(1))
    assert buffer.full
    buffer.poll()
    assert not buffer.full


@pytest.mark.parametrize("how", ["poll", "cancel"])
def test_a_producer_waits_for_room(buffer: StreamBuffer, how: str) -> None:
    buffer.put(audio(RATE_HZ))
    answers: list[bool] = []
    producer = threading.Thread(target=lambda: answers.append(buffer.wait_for_room()))
    producer.start()
    assert answers == []
    buffer.poll() if how == "poll" else buffer.cancel()
    producer.join(10)
    assert answers == [how == "poll"]


def test_notices(buffer: StreamBuffer) -> None:
    notices: list[int] = []
    buffer.put(audio(1))
    buffer.subscribe(lambda: notices.append(1))
    assert len(notices) == 1, "at once for what is there already"
    buffer.put(audio(1))
    buffer.finish("end")
    assert len(notices) == 3


def test_an_iterator_waits(buffer: StreamBuffer) -> None:
    events: list[object] = []
    consumer = threading.Thread(target=lambda: events.extend(buffer))
    consumer.start()
    buffer.put(audio(5))
    buffer.finish("length")
    consumer.join(10)
    assert events[-1] == SpeechEnd("length", 5)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_audio_that_is_not_made_of_numbers_ends_it(buffer: StreamBuffer, value: float) -> None:
    buffer.put(audio(10))
    assert not buffer.put(np.array([0.1, value, 0.2], np.float32))
    chunk, end = buffer.poll(), buffer.poll()
    assert isinstance(chunk, AudioChunk)
    assert isinstance(end, SpeechEnd)
    assert isinstance(end.error, SynthesisFailed)


def test_silent_streams_come_first_then_short_ones_then_by_need(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("makima.engines.buffer.time.monotonic", lambda: now[0])
    streams = {name: StreamBuffer(RATE_HZ, capacity_s=100.0) for name in ("silent", "short", "behind", "ahead")}
    streams["behind"].put(audio(5 * RATE_HZ))
    now[0] = 3.0
    streams["ahead"].put(audio(5 * RATE_HZ))
    streams["short"].put(audio(3 * RATE_HZ))
    assert sorted(streams, key=lambda name: streams[name].turn) == ["silent", "short", "behind", "ahead"]


def test_it_forgets_its_reader_at_the_end(buffer: StreamBuffer) -> None:
    told: list[None] = []
    buffer.subscribe(lambda: told.append(None))
    buffer.finish("end")
    assert isinstance(buffer.poll(), SpeechEnd)
    before = len(told)
    buffer.cancel()
    assert len(told) == before
