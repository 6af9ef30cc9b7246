"""What is Kokoro's own; what every engine promises is in `tests/engines/test_contract.py`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from makima import installation
from makima.engines.kokoro import KokoroEngine
from makima.engines.kokoro.thread import MAX_WAITING, SPEAKING
from makima.engines.protocol import SpeechRequest
from makima.errors import AssetError, CapacityError
from makima.events import AudioChunk
from makima.models.assets.store import AssetStore
from tests.support.models.kokoro import engine_at, make_files
from tests.support.server.streams import Events, begin, eventually, hear, speak

LONG = "This sentence is here so that there is a great deal to say, one thing after the other. " * 20


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[KokoroEngine]:
    engine = engine_at(tmp_path)
    engine.load(lambda _: None)
    yield engine
    engine.close()


def test_what_espeak_speaks_for_it_is_told(engine: KokoroEngine) -> None:
    others = dict.fromkeys(("Japanese", "Korean", "German", "Russian"), "espeak")
    assert engine.capabilities.spoken_by == others  # Japanese too, as there is no dictionary


def test_a_session_may_go_from_one_language_to_the_other(engine: KokoroEngine) -> None:
    heard = speak(engine, "This is a sentence that you have. Das ist ein Satz, und er ist nicht lang.", language="Auto")
    alone = speak(engine, "This is a sentence that you have.", language="English")
    assert heard.end.reason == "end"
    np.testing.assert_array_equal(heard.samples[: len(alone.samples)], alone.samples)
    assert len(heard.samples) > len(alone.samples) + 24_000


def test_a_mix_speaks(engine: KokoroEngine) -> None:
    mixed = speak(engine, "One two three.", voice="makima:1+af_heart:3").samples
    assert not np.array_equal(mixed, speak(engine, "One two three.").samples)
    found = engine.mixed_voice("makima:1+af_heart:3")
    assert found is not None
    assert found.name == "Makima (25%) and Heart (75%)"


def test_speed(engine: KokoroEngine) -> None:
    slow, fast = (
        len(hear(begin(engine, SpeechRequest("makima", speed=speed), "One two three.")).samples) for speed in (0.5, 2.0)
    )
    assert slow > 3 * fast


def assert_set(gate: threading.Event) -> None:
    assert gate.wait(60)


def test_streams_take_turns_a_piece_each(engine: KokoroEngine) -> None:
    first, second = (engine.open(SpeechRequest("makima")) for _ in range(2))
    order: list[str] = []
    first.subscribe(lambda: order.append("first"))
    second.subscribe(lambda: order.append("second"))
    gate = threading.Event()
    blocker = engine.open(SpeechRequest("makima"))
    blocker.subscribe(lambda: assert_set(gate))  # holds the engine's thread until both have their text
    blocker.feed("One.")
    blocker.end_text()
    for stream in (first, second):
        stream.feed(LONG)
        stream.end_text()
    gate.set()
    assert eventually(lambda: len(order) >= 4)
    assert {*order[:2]} == {*order[2:4]} == {"first", "second"}
    first.cancel()
    second.cancel()


def test_beyond_those_that_wait_it_is_full(engine: KokoroEngine) -> None:
    streams = [engine.open(SpeechRequest("makima")) for _ in range(SPEAKING + MAX_WAITING)]
    with pytest.raises(CapacityError) as caught:
        engine.open(SpeechRequest("makima"))
    assert caught.value.retry_after_s > 0
    assert engine.figures().waiting == SPEAKING + MAX_WAITING
    for stream in streams:
        stream.cancel()
    assert speak(engine, "One.").end.reason == "end"


def test_the_newest_wait_until_one_has_ended(engine: KokoroEngine) -> None:
    early = [begin(engine, SpeechRequest("makima"), LONG) for _ in range(SPEAKING)]
    late = begin(engine, SpeechRequest("makima"), "One.")
    for stream in early:
        assert isinstance(Events(stream).next(), AudioChunk)
    assert late.poll() is None
    early[0].cancel()
    assert hear(late).end.reason == "end"
    for stream in early:
        stream.cancel()


def test_what_is_missing_is_named_with_the_command(tmp_path: Path) -> None:
    engine = KokoroEngine(AssetStore(tmp_path / "empty"), files=make_files(tmp_path / "files"))
    with pytest.raises(AssetError) as caught:
        engine.load(lambda _: None)
    assert installation.command("models pull kokoro") in str(caught.value)
    assert not engine.loaded
