"""The embedded voice: its processes, and how it survives what happens to them."""

from __future__ import annotations

import ast
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import espeakng_loader
import numpy as np
import pytest

from makima.engines.espeak import EspeakEngine, pool, worker
from makima.engines.espeak.pool import Sentence, WorkerPool
from makima.engines.espeak.worker_process import WorkerProcess
from makima.engines.protocol import SpeechRequest
from makima.errors import MakimaError, SynthesisFailed
from makima.events import AudioChunk
from tests.support.server.streams import Events, begin, eventually, hear, speak

ONE_LONG_SENTENCE = "and then one thing came after the other " * 400
LONG_TEXT = "This sentence is here so that there is a great deal to say, one thing after the other. " * 40


@pytest.fixture
def make_engine() -> Iterator[Callable[[int], EspeakEngine]]:
    engines: list[EspeakEngine] = []

    def make(workers: int) -> EspeakEngine:
        engine = EspeakEngine(workers)
        engine.load(lambda _: None)
        engines.append(engine)
        return engine

    yield make
    for engine in engines:
        engine.close()


@pytest.fixture
def process() -> Iterator[WorkerProcess]:
    process = WorkerProcess(espeakng_loader.get_library_path(), espeakng_loader.get_data_path())
    yield process
    process.kill()


def pids(engine: EspeakEngine) -> list[int]:
    assert engine.pool is not None
    return engine.pool.pids()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_killed_process_costs_one_utterance(make_engine: Callable[[int], EspeakEngine]) -> None:
    engine = make_engine(1)
    expected = speak(engine, "Hello there.").samples
    events = Events(begin(engine, SpeechRequest("makima"), LONG_TEXT))
    assert isinstance(events.next(), AudioChunk)
    (victim,) = pids(engine)
    os.kill(victim, signal.SIGKILL)
    end = events.rest().end
    assert end.reason == "failed"
    assert isinstance(end.error, SynthesisFailed)
    np.testing.assert_array_equal(speak(engine, "Hello there.").samples, expected)
    assert victim not in pids(engine)


def test_a_process_killed_between_utterances_costs_one_at_most(make_engine: Callable[[int], EspeakEngine]) -> None:
    engine = make_engine(1)
    (victim,) = pids(engine)
    os.kill(victim, signal.SIGKILL)
    speak(engine, "Hello.")
    assert speak(engine, "Hello.").end.reason == "end"


def test_stalled_listeners_hold_back_nobody(make_engine: Callable[[int], EspeakEngine]) -> None:
    engine = make_engine(2)
    expected = speak(engine, "Hello there.").samples
    stalled = [begin(engine, SpeechRequest("makima"), LONG_TEXT) for _ in range(6)]
    for stream in stalled:
        assert eventually(lambda stream=stream: stream.full)  # type: ignore[misc]
    for _ in range(3):
        np.testing.assert_array_equal(speak(engine, "Hello there.").samples, expected)
    reference = hear(stalled[0]).samples
    assert len(reference) > 20 * 22_050
    np.testing.assert_array_equal(hear(stalled[1]).samples, reference)
    for stream in stalled:
        stream.cancel()


def test_the_pool_grows_for_stalled_listeners_and_shrinks_again(
    make_engine: Callable[[int], EspeakEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "IDLE_S", 0.05)
    engine = make_engine(2)
    stalled = [begin(engine, SpeechRequest("makima"), LONG_TEXT) for _ in range(6)]
    assert eventually(lambda: len(pids(engine)) >= 6)
    for stream in stalled:
        stream.cancel()
    assert eventually(lambda: len(pids(engine)) <= 2)
    assert speak(engine, "Hello.").end.reason == "end"


def test_many_utterances_do_not_make_many_processes(make_engine: Callable[[int], EspeakEngine]) -> None:
    engine = make_engine(2)
    streams = [begin(engine, SpeechRequest("makima"), f"Utterance {number}.") for number in range(30)]
    for stream in streams:
        assert hear(stream).end.reason == "end"
    assert len(pids(engine)) <= 4, "a burst may start as many again, before those there have woken"


def test_no_process_outlives_its_engine(make_engine: Callable[[int], EspeakEngine]) -> None:
    engine = make_engine(2)
    stream = begin(engine, SpeechRequest("makima"), LONG_TEXT)
    assert isinstance(Events(stream).next(), AudioChunk)
    processes = pids(engine)
    engine.close()
    assert eventually(lambda: not any(is_alive(pid) for pid in processes))


@pytest.mark.parametrize("text", ["🎉", "?!...", "... — 🇩🇪 1️⃣", "\u200b"])
def test_what_has_no_sound_does_not_reach_a_process(make_engine: Callable[[int], EspeakEngine], text: str) -> None:
    engine = make_engine(1)
    for pid in pids(engine):
        os.kill(pid, signal.SIGKILL)
    assert speak(engine, text).end.reason == "end"


def test_emoji_are_not_read_out(make_engine: Callable[[int], EspeakEngine]) -> None:
    engine = make_engine(1)
    plain, decorated = speak(engine, "Well done."), speak(engine, "Well done 🎉.")
    assert len(decorated.samples) < 1.2 * len(plain.samples)


class TestWorkerProcess:
    def test_cancel_stops_the_synthesis_itself(self, process: WorkerProcess) -> None:
        whole = sum(len(piece) for piece in process.speak(ONE_LONG_SENTENCE, "en-us+f2"))
        pieces = process.speak(ONE_LONG_SENTENCE, "en-us+f2")
        made = len(next(pieces))
        process.cancel()
        made += sum(len(piece) for piece in pieces)
        assert made < 0.1 * whole

    def test_it_speaks_on_after_a_cancel(self, process: WorkerProcess) -> None:
        expected = b"".join(process.speak("Hello there.", "en-us+f2"))
        for _ in range(20):
            pieces = process.speak("One, two, three.", "en-us+f2")
            next(pieces)
            process.cancel()
            process.cancel()
            for _ in pieces:
                pass
            assert b"".join(process.speak("Hello there.", "en-us+f2")) == expected

    def test_cancel_between_sentences_is_nothing(self, process: WorkerProcess) -> None:
        process.cancel()
        assert b"".join(process.speak("Hello.", "en-us+f2"))

    def test_an_unknown_voice_fails_and_harms_nothing(self, process: WorkerProcess) -> None:
        with pytest.raises(SynthesisFailed, match="xx"):
            list(process.speak("Hello.", "xx+f2"))
        assert b"".join(process.speak("Hello.", "en-us+f2"))

    def test_a_process_that_is_gone(self, process: WorkerProcess) -> None:
        process.kill()
        with pytest.raises(SynthesisFailed):
            list(process.speak("Hello.", "en-us+f2"))

    def test_what_is_no_library_does_not_start(self, tmp_path: Path) -> None:
        with pytest.raises(SynthesisFailed):
            WorkerProcess(str(tmp_path / "none.so"), str(tmp_path))

    def test_its_program_imports_the_standard_library_alone(self) -> None:
        tree = ast.parse(Path(worker.__file__).read_text())
        imported = {
            name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module])
        }
        assert imported
        assert imported <= sys.stdlib_module_names


class TestPool:
    """The sharing out, with processes that only pretend."""

    def test_a_cancel_that_comes_late_does_not_hit_the_next_sentence(self) -> None:
        """The worker is handed on while the cancel is on its way."""
        spoken: list[str] = []
        cancelled_during: list[str | None] = []

        class Worker:
            pid, sample_rate_hz = 1, 22_050
            current: str | None = None

            def speak(self, text: str, voice: str) -> Iterator[bytes]:
                self.current = text
                yield b"\0\0"
                if text == "first":
                    first_may_end.wait(10)
                else:
                    second_may_end.wait(10)
                self.current = None

            def cancel(self) -> None:
                first_may_end.set()  # ... and it ends just before it is cancelled
                eventually(lambda: self.current == "second", 0.3)
                cancelled_during.append(self.current)

            def kill(self) -> None:
                pass

        class Listener:
            stalled = False

            def __init__(self, text: str) -> None:
                self.text = text
                self.begun = threading.Event()

            def audio(self, pcm16: bytes) -> bool:
                self.begun.set()
                return True

            def wait_for_room(self) -> bool:
                return True

            def done(self, error: MakimaError | None) -> None:
                spoken.append(self.text)

        first_may_end, second_may_end = threading.Event(), threading.Event()
        shared = WorkerPool(Worker, usual_workers=1)  # type: ignore[arg-type]
        shared.start()
        listeners = [Listener("first"), Listener("second")]
        sentences = [Sentence(listener.text, "en", listener) for listener in listeners]
        for sentence in sentences:
            shared.submit(sentence)
        assert listeners[0].begun.wait(10)
        shared.cancel(sentences[0])
        assert cancelled_during != ["second"]
        second_may_end.set()
        assert eventually(lambda: spoken == ["first", "second"])
        shared.close()
