"""What every engine promises (`makima.engines.protocol`). An engine joins by one line in `ENGINES`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from makima.engines.buffer import CAPACITY_S
from makima.engines.espeak import EspeakEngine
from makima.engines.fake import FakeEngine
from makima.engines.front_end.engine import fronted
from makima.engines.front_end.settings import FrontEnd
from makima.engines.marked import MarkedEngine
from makima.engines.paced import paced
from makima.engines.protocol import Engine, SpeechRequest
from makima.errors import InvalidMessage, VoiceNotFound
from makima.events import AudioChunk, Samples, SpeechEnd
from makima.text.language import AUTO
from tests.support.models import chatterbox, kokoro
from tests.support.models.checkpoints import engine_at, make_home
from tests.support.models.torch_threads import one_thread
from tests.support.server.streams import Events, begin, eventually, hear, speak

ENGINES: dict[str, Callable[[Path], Engine]] = {
    "espeak": lambda _: EspeakEngine(workers=2),
    "fake": lambda _: FakeEngine(),
    "qwen3": lambda folder: engine_at(make_home(folder / "qwen3"), slots=4),
    "fronted": lambda _: fronted(EspeakEngine(workers=2), FrontEnd(settle_s=60.0)),  # a slow machine must cut nothing
    "paced": lambda _: paced(EspeakEngine(workers=2)),
    "marked": lambda _: MarkedEngine(EspeakEngine(workers=2)),
    "kokoro": lambda folder: kokoro.engine_at(folder / "kokoro"),
    "chatterbox": lambda folder: chatterbox.engine_at(chatterbox.make_home(folder / "chatterbox")),
}

TEXT = "Hello there. This is Dr. Who, with 3 examples!\nIs it the same? Yes; always the same."
LONG_TEXT = "This sentence is here so that there is a great deal to say, one thing after the other. " * 60
SENTENCES = {
    "Chinese": "你好，今天天气很好。",
    "English": "Hello, what is the weather like?",
    "Japanese": "こんにちは、いい天気ですね。",
    "Korean": "안녕하세요, 날씨가 좋네요.",
    "German": "Guten Tag, das Wetter ist schön.",
    "French": "Bonjour, il fait beau dans le pays.",
    "Russian": "Привет, какая сегодня погода?",
    "Portuguese": "Olá, o tempo não está mau para você.",
    "Spanish": "Hola, hace muy buen tiempo, ¿qué tal los niños?",
    "Italian": "Buongiorno, il tempo è bello, che ne dice?",
}


_one_thread = pytest.fixture(scope="module", autouse=True)(one_thread)


@pytest.fixture(scope="module", params=ENGINES)
def make_engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Engine]]:
    folder = tmp_path_factory.mktemp("engine")
    engines: list[Engine] = []

    def make() -> Engine:
        engines.append(ENGINES[request.param](folder))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


@pytest.fixture(scope="module")
def engine(make_engine: Callable[[], Engine]) -> Iterator[Engine]:
    engine = make_engine()
    engine.load(lambda _: None)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def spoken(engine: Engine) -> Samples:
    """`TEXT` as the engine says it alone: what much is compared with."""
    return speak(engine, TEXT).samples


def test_it_is_an_engine(engine: Engine) -> None:
    assert isinstance(engine, Engine)
    assert engine.loaded
    assert set(engine.capabilities.languages) == ({"English"} if engine.name == "chatterbox" else set(SENTENCES))
    assert "makima" in {voice.id for voice in engine.voices()}
    assert {voice.engine for voice in engine.voices()} == {engine.name}


def test_loading_twice_is_loading_once(engine: Engine) -> None:
    news: list[object] = []
    engine.load(news.append)
    assert news == []


def test_voices_are_known_before_loading(make_engine: Callable[[], Engine]) -> None:
    engine = make_engine()
    assert engine.voices()
    assert not engine.loaded


def test_chunks_are_contiguous_and_well_formed(engine: Engine) -> None:
    heard = speak(engine, TEXT)
    position = 0
    for chunk in heard.chunks:
        assert chunk.start_sample == position
        assert chunk.samples.dtype == np.float32
        assert chunk.samples.ndim == 1
        assert len(chunk.samples) > 0
        assert np.abs(chunk.samples).max() <= 1.0
        position += len(chunk.samples)
    assert heard.end == SpeechEnd("end", position)
    assert np.abs(heard.samples).max() > 0.01, "silence"


def test_the_stream_has_the_engines_rate(engine: Engine) -> None:
    stream = begin(engine, SpeechRequest("makima", seed=1), "One.")
    assert stream.sample_rate_hz == engine.capabilities.sample_rate_hz
    hear(stream)


def test_it_says_when_it_begins_and_how_long_that_took(engine: Engine) -> None:
    waits_s: list[float] = []
    stream = begin(engine, SpeechRequest("makima", seed=1, on_begun=waits_s.append), TEXT)
    first = Events(stream).next()
    assert isinstance(first, AudioChunk)
    assert len(waits_s) == 1
    assert 0 <= waits_s[0] < 30
    hear(stream)
    assert len(waits_s) == 1, "one part, told once"


def test_nothing_comes_after_the_end(engine: Engine) -> None:
    stream = begin(engine, SpeechRequest("makima", seed=1), "One.")
    hear(stream)
    stream.feed("Two.")
    stream.end_text()
    stream.cancel()
    assert stream.poll() is None


def test_iteration_gives_the_same_and_stops_with_the_end(engine: Engine, spoken: Samples) -> None:
    *chunks, end = begin(engine, SpeechRequest("makima", seed=1), TEXT)
    assert isinstance(end, SpeechEnd)
    samples = np.concatenate([chunk.samples for chunk in chunks if isinstance(chunk, AudioChunk)])
    np.testing.assert_array_equal(samples, spoken)


@pytest.mark.parametrize("size", [1, 7, 40])
def test_any_split_of_the_text_gives_the_same_audio(engine: Engine, spoken: Samples, size: int) -> None:
    pieces = [TEXT[start : start + size] for start in range(0, len(TEXT), size)]
    np.testing.assert_array_equal(speak(engine, *pieces).samples, spoken)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_any_split_of_the_text_gives_the_same_words(engine: Engine, size: int) -> None:
    if not engine.capabilities.word_times:
        pytest.skip("this engine does not know when it speaks a word")
    asked = SpeechRequest("makima", seed=1, word_times=True)
    pieces = [TEXT[start : start + size] for start in range(0, len(TEXT), size)]
    heard = hear(begin(engine, asked, *pieces))
    words = [word for chunk in heard.chunks for word in chunk.words]
    assert words == [word for chunk in hear(begin(engine, asked, TEXT)).chunks for word in chunk.words]
    told = [TEXT[word.text_start :][: word.text_length] for word in words]
    assert [word.strip("?!.,;") for word in told] == [word.strip("?!.,;") for word in TEXT.split()]
    for chunk in heard.chunks:
        assert all(word.start_sample >= chunk.start_sample for word in chunk.words), "told after its sound"
    times = [time for word in words for time in (word.start_sample, word.end_sample or 0)]
    assert times == sorted(times)
    assert times[-1] <= heard.end.total_samples
    assert all(word.start_sample < (word.end_sample or 0) for word in words)


@pytest.mark.parametrize("edge", [0, 1])
def test_the_speeds_it_names_are_its_own(engine: Engine, spoken: Samples, edge: int) -> None:
    speed = engine.capabilities.speeds[edge]
    if speed == 1.0:
        pytest.skip("this engine knows one pace")
    heard = hear(begin(engine, SpeechRequest("makima", seed=1, speed=speed), TEXT))
    assert len(heard.samples) == pytest.approx(len(spoken) / speed, rel=0.15)


def test_empty_pieces_change_nothing(engine: Engine, spoken: Samples) -> None:
    np.testing.assert_array_equal(speak(engine, "", TEXT, "", "").samples, spoken)


def test_the_same_request_gives_the_same_audio(engine: Engine, spoken: Samples) -> None:
    speak(engine, "Something else in between.", language=engine.capabilities.languages[-1])
    np.testing.assert_array_equal(speak(engine, TEXT).samples, spoken)


def test_another_voice_and_another_text_sound_different(engine: Engine) -> None:
    other_voice = next(voice.id for voice in engine.voices() if voice.id != "makima")
    sounds = [
        speak(engine, "One two three."),
        speak(engine, "Four five six."),
        speak(engine, "One two three.", voice=other_voice),
    ]
    assert len({heard.samples.tobytes() for heard in sounds}) == 3


@pytest.mark.parametrize("language", SENTENCES)
def test_every_language_is_spoken(engine: Engine, language: str) -> None:
    if language not in engine.capabilities.languages:
        with pytest.raises(InvalidMessage, match=language):
            engine.open(SpeechRequest("makima", language))
        return
    heard = speak(engine, SENTENCES[language], language=language)
    assert heard.end.reason == "end"
    assert len(heard.samples) > 0.15 * engine.capabilities.sample_rate_hz
    found = speak(engine, SENTENCES[language], language=AUTO)
    assert found.end.reason == "end"
    if engine.name != "qwen3":  # which is told no language then, and has ways of its own to find one
        np.testing.assert_array_equal(found.samples, heard.samples)


@pytest.mark.parametrize("text", ["", " \n\t ", "🎉🎊", "...", "!? —", "🇩🇪 #️⃣"])
def test_what_has_no_sound_ends_without_audio(engine: Engine, text: str) -> None:
    heard = speak(engine, text)
    assert heard.end.reason == "end"
    if engine.name != "fake" or not text:  # the fake sounds every character, so that tests see which ones reached it
        assert heard.end.total_samples == 0
        assert heard.chunks == []


def test_text_after_its_end_is_ignored(engine: Engine) -> None:
    stream = begin(engine, SpeechRequest("makima", seed=1), "One two.")
    stream.feed(" Three four.")
    stream.end_text()
    np.testing.assert_array_equal(hear(stream).samples, speak(engine, "One two.").samples)


def test_audio_comes_before_the_text_is_complete(engine: Engine) -> None:
    stream = engine.open(SpeechRequest("makima", seed=1))
    stream.feed("The first sentence is complete. The second one is not yet")
    assert isinstance(Events(stream).next(), AudioChunk)
    stream.cancel()


def test_cancel_from_another_thread_ends_it(engine: Engine) -> None:
    stream = begin(engine, SpeechRequest("makima", seed=1), LONG_TEXT)
    events = Events(stream)
    first = events.next()
    assert isinstance(first, AudioChunk)
    canceller = threading.Thread(target=stream.cancel)
    canceller.start()
    canceller.join()
    # What was made but not heard is dropped: the very next event is the end.
    assert events.next() == SpeechEnd("cancelled", len(first.samples))
    stream.cancel()
    assert stream.poll() is None


def test_cancel_before_any_text(engine: Engine) -> None:
    stream = engine.open(SpeechRequest("makima", seed=1))
    stream.cancel()
    stream.feed("Too late.")
    stream.end_text()
    assert hear(stream).end == SpeechEnd("cancelled", 0)


def test_cancel_wakes_a_consumer_that_waits(engine: Engine) -> None:
    stream = engine.open(SpeechRequest("makima", seed=1))
    ends: list[object] = []
    consumer = threading.Thread(target=lambda: ends.extend(stream))
    consumer.start()
    stream.cancel()
    consumer.join(10)
    assert ends == [SpeechEnd("cancelled", 0)]


def test_many_at_once_are_each_what_they_are_alone(engine: Engine) -> None:
    """More streams than slots, with texts of several lengths."""
    texts = [f"Stream {number}." + " It goes on." * (number % 3) for number in range(6)]
    alone = [speak(engine, text).samples for text in texts]
    streams = [begin(engine, SpeechRequest("makima", seed=1), text) for text in texts]
    for stream, expected in zip(streams, alone, strict=True):
        np.testing.assert_array_equal(hear(stream).samples, expected)


def test_a_slow_listener_is_held_back_alone(engine: Engine, spoken: Samples) -> None:
    rate_hz = engine.capabilities.sample_rate_hz
    slow = begin(engine, SpeechRequest("makima", seed=1), LONG_TEXT)
    notices: list[None] = []
    slow.subscribe(lambda: notices.append(None))
    np.testing.assert_array_equal(speak(engine, TEXT).samples, spoken)

    # Once nothing more is made, each notice stands for one event that waits.
    seen = [-1]

    def quiet() -> bool:
        grown = len(notices) > seen[0]
        seen[0] = len(notices)
        return not grown

    assert eventually(quiet, every_s=0.2)
    waiting = [slow.poll() for _ in range(len(notices))]
    samples = sum(len(event.samples) for event in waiting if isinstance(event, AudioChunk))
    # A sentence that was begun is made to its end, so that its worker is free for others.
    assert 0 < samples < (CAPACITY_S + 6) * rate_hz
    # It goes on where it stood as soon as somebody listens.
    assert isinstance(Events(slow).next(), AudioChunk)
    slow.cancel()


def test_an_unknown_voice_is_refused(engine: Engine) -> None:
    with pytest.raises(VoiceNotFound) as caught:
        engine.open(SpeechRequest("unknown"))
    assert caught.value.voice == "unknown"
    assert "makima" in caught.value.available


def test_close_cancels_what_is_spoken(make_engine: Callable[[], Engine]) -> None:
    engine = make_engine()
    engine.load(lambda _: None)
    begun = begin(engine, SpeechRequest("makima", seed=1), LONG_TEXT)
    unfinished = engine.open(SpeechRequest("makima", seed=1))
    events = Events(begun)
    assert isinstance(events.next(), AudioChunk)
    engine.close()
    engine.close()
    assert events.rest().end.reason == "cancelled"
    assert hear(unfinished).end.reason == "cancelled"
    assert not engine.loaded


def test_it_speaks_again_after_close_and_sounds_the_same(spoken: Samples, make_engine: Callable[[], Engine]) -> None:
    other = make_engine()
    for _ in range(2):
        other.load(lambda _: None)
        np.testing.assert_array_equal(speak(other, TEXT).samples, spoken)
        other.close()
