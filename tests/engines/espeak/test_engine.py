"""The embedded voice: how it shares out its processes, what becomes of them, and its word times."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from makima.engines.espeak import EspeakEngine
from makima.engines.espeak.worker_process import Piece, WorkerProcess
from makima.engines.protocol import SpeechRequest
from makima.errors import SynthesisFailed
from makima.events import AudioChunk
from makima.text import kana
from tests.native_process.programs import is_alive, is_running
from tests.support.server.streams import Events, begin, eventually, hear, speak

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


@pytest.mark.parametrize("installed", [True, False])
def test_the_limit_of_japanese_is_told(installed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kana, "available", lambda: installed)
    limits = EspeakEngine(1).capabilities.language_limits
    assert set(limits) == (set() if installed else {"Japanese"})


def pids(engine: EspeakEngine) -> list[int]:
    assert engine.pool is not None
    return engine.pool.pids()


def test_a_killed_process_is_not_heard_of(make_engine: Callable[[int], EspeakEngine]) -> None:
    engine = make_engine(1)
    whole = hear(begin(engine, SpeechRequest("makima"), LONG_TEXT)).samples
    events = Events(begin(engine, SpeechRequest("makima"), LONG_TEXT))
    first = events.next()
    assert isinstance(first, AudioChunk)
    (victim,) = pids(engine)
    os.kill(victim, signal.SIGKILL)
    rest = events.rest()
    assert rest.end.reason == "end"
    np.testing.assert_array_equal(np.concatenate([first.samples, rest.samples]), whole)
    assert victim not in pids(engine)


def test_a_process_that_always_dies_costs_its_utterance(
    make_engine: Callable[[int], EspeakEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = make_engine(1)

    def dies(worker: WorkerProcess, text: str, voice: str, speed: float) -> Iterator[Piece]:
        worker.kill()
        raise SynthesisFailed("It died.")

    with monkeypatch.context() as patch:
        patch.setattr(WorkerProcess, "speak", dies)
        end = speak(engine, "Hello there.").end
        assert isinstance(end.error, SynthesisFailed)
    assert speak(engine, "Hello there.").end.reason == "end"


def test_a_process_that_died_between_utterances_costs_none(make_engine: Callable[[int], EspeakEngine]) -> None:
    engine = make_engine(1)
    (victim,) = pids(engine)
    os.kill(victim, signal.SIGKILL)
    assert eventually(lambda: not is_running(victim))
    assert speak(engine, "Hello.").end.reason == "end"
    assert not is_alive(victim)


def test_a_process_that_hangs_is_not_heard_of(make_engine: Callable[[int], EspeakEngine]) -> None:
    engine = make_engine(1)
    expected = speak(engine, "Hello there.").samples
    (victim,) = pids(engine)
    os.kill(victim, signal.SIGSTOP)
    np.testing.assert_array_equal(speak(engine, "Hello there.").samples, expected)
    assert not is_alive(victim)


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


def test_many_utterances_do_not_make_many_processes(make_engine: Callable[[int], EspeakEngine]) -> None:
    engine = make_engine(2)
    streams = [begin(engine, SpeechRequest("makima"), f"Utterance {number}.") for number in range(30)]
    for stream in streams:
        assert hear(stream).end.reason == "end"
    assert len(pids(engine)) == 2


def test_no_process_outlives_its_engine(make_engine: Callable[[int], EspeakEngine]) -> None:
    engine = make_engine(2)
    stream = begin(engine, SpeechRequest("makima"), LONG_TEXT)
    assert isinstance(Events(stream).next(), AudioChunk)
    processes = pids(engine)
    engine.close()
    assert eventually(lambda: not any(is_alive(pid) for pid in processes))


@pytest.mark.parametrize("text", ["🎉", "?!...", "... — 🇩🇪 #️⃣", "\u200b"])
def test_what_has_no_sound_does_not_reach_a_process(make_engine: Callable[[int], EspeakEngine], text: str) -> None:
    engine = make_engine(1)
    for pid in pids(engine):
        os.kill(pid, signal.SIGKILL)
    assert speak(engine, text).end.reason == "end"


def test_emoji_are_not_read_out(make_engine: Callable[[int], EspeakEngine]) -> None:
    engine = make_engine(1)
    plain, decorated = speak(engine, "Well done."), speak(engine, "Well done 🎉.")
    assert len(decorated.samples) < 1.2 * len(plain.samples)


def spoken_words(engine: EspeakEngine, *pieces: str, language: str = "English") -> list[tuple[str, int]]:
    """The words of a text as the engine reports them, each with its first sample."""
    text = "".join(pieces)
    words = [word for chunk in speak(engine, *pieces, language=language).chunks for word in chunk.words]
    return [(text[word.text_start :][: word.text_length], word.start_sample) for word in words]


def test_words_come_with_their_times(make_engine: Callable[[int], EspeakEngine]) -> None:
    text = "  Hello there, my dear 21 friends!\n\nIt is a 🎉 na\u00efve day (really)."
    engine = make_engine(1)
    words = spoken_words(engine, text)
    assert [word for word, _ in words] == (
        ["Hello", "there", "my", "dear", "21", "friends", "It", "is", "a", "na\u00efve", "day", "really"]
    )
    starts = [start for _, start in words]
    assert starts == sorted(starts)
    assert spoken_words(engine, *text) == words


def test_each_word_begins_in_the_chunk_that_reports_it(make_engine: Callable[[int], EspeakEngine]) -> None:
    heard = speak(make_engine(1), LONG_TEXT)
    for chunk in heard.chunks:
        for word in chunk.words:
            assert chunk.start_sample <= word.start_sample < chunk.start_sample + len(chunk.samples)
    assert sum(len(chunk.words) for chunk in heard.chunks) == len(LONG_TEXT.split())


def test_words_of_a_language_without_spaces(make_engine: Callable[[int], EspeakEngine]) -> None:
    words = [word for word, _ in spoken_words(make_engine(1), "你好，今天天气很好。", language="Chinese")]
    assert len(words) > 4
    assert set("".join(words)) <= set("你好今天气很")


def test_a_pause_stays_where_the_next_sentence_is_written_late(make_engine: Callable[[int], EspeakEngine]) -> None:
    engine = make_engine(1)
    first, second = "This is the first sentence. ", "This is the second one, and it is longer."
    alone, whole = (len(speak(engine, text).samples) for text in (first, first + second))
    stream = engine.open(SpeechRequest("makima"))
    stream.feed(first + second[:2])
    assert eventually(lambda: stream.total_samples == alone and stream._current is None)
    stream.feed(second[2:])
    stream.end_text()
    assert len(hear(stream).samples) == whole
