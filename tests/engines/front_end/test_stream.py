"""An engine behind the front end: what it is given, in what order its sound comes, and when."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from makima.engines.fake import CHARACTER_SAMPLES, FAIL_WORD, SAMPLE_RATE_HZ, FakeEngine
from makima.engines.front_end.engine import FrontedEngine, fronted
from makima.engines.front_end.lead import AHEAD_CHARACTERS
from makima.engines.front_end.settings import FrontEnd
from makima.engines.front_end.stream import TURN_CHARACTERS
from makima.engines.front_end.threads import TextThreads
from makima.engines.protocol import SENTENCE_END, SpeechRequest, SpeechStream, TextWishes
from makima.errors import VoiceNotFound
from makima.events import AudioChunk, SpeechEnd
from makima.text import kana
from makima.text.pronunciations import from_mapping
from tests.support.server.streams import eventually


class Listening(FakeEngine):
    """A fake engine that keeps what it was asked for and fed."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[SpeechRequest] = []
        self.fed: list[list[str]] = []

    def open(self, request: SpeechRequest) -> SpeechStream:  # type: ignore[override]
        stream = super().open(request)
        pieces: list[str] = []
        feed = stream.feed

        def kept(text: str) -> None:
            pieces.append(text)
            feed(text)

        stream.feed = kept  # type: ignore[method-assign]
        self.opened.append(request)
        self.fed.append(pieces)
        return stream


@pytest.fixture
def inner() -> Iterator[Listening]:
    engine = Listening()
    engine.load(lambda _: None)
    yield engine
    engine.close()


def behind(inner: Listening, end: FrontEnd | None = None) -> FrontedEngine:
    return fronted(inner, end or FrontEnd())


def heard(stream: SpeechStream) -> tuple[np.ndarray[tuple[int], np.dtype[np.float32]], SpeechEnd]:
    chunks: list[AudioChunk] = []
    for event in stream:
        if isinstance(event, SpeechEnd):
            return np.concatenate([np.zeros(0, np.float32), *(chunk.samples for chunk in chunks)]), event
        assert event.start_sample == sum(len(chunk.samples) for chunk in chunks)
        chunks.append(event)
    raise AssertionError("no end")


def spoken(engine: FrontedEngine, text: str, language: str = "English", **more: object) -> list[str]:
    stream = engine.open(SpeechRequest("makima", language, **more))  # type: ignore[arg-type]
    stream.feed(text)
    stream.end_text()
    heard(stream)
    assert isinstance(engine.inner, Listening)
    return ["".join(pieces).replace(SENTENCE_END, "|") for pieces in engine.inner.fed if pieces]


def test_it_is_given_spoken_sentences(inner: Listening) -> None:
    assert spoken(behind(inner), "**It** costs $5. See `x`!") == ["It costs five dollars.|See x!|"]
    assert inner.opened[0].sentences


def test_a_pause_is_exact_and_stands_where_it_was_written(inner: Listening) -> None:
    stream = behind(inner).open(SpeechRequest("makima"))
    stream.feed("Hi [pause:1.5s] you")
    stream.end_text()
    samples, end = heard(stream)
    silence = round(1.5 * SAMPLE_RATE_HZ)
    first, rest = 2 * CHARACTER_SAMPLES, 2 * CHARACTER_SAMPLES + silence
    assert len(samples) == 5 * CHARACTER_SAMPLES + silence == end.total_samples
    assert not samples[first:rest].any()
    assert samples[:first].any()
    assert samples[rest:].any()


def test_auto_tells_the_engine_the_language_of_each_sentence(inner: Listening) -> None:
    said = spoken(behind(inner), "Guten Tag. Ich habe 5 Äpfel gekauft. The weather is very fine today.", "Auto")
    assert said == ["Guten Tag.|Ich habe fünf Äpfel gekauft.|", "The weather is very fine today.|"]
    assert [request.language for request in inner.opened if request.language != "Auto"][-2:] == ["German", "English"]


def test_an_engine_may_wish_for_auto_itself(inner: Listening) -> None:
    end = FrontEnd(TextWishes(language=True))
    assert spoken(behind(inner, end), "Guten Tag. Good morning.", "Auto") == ["Guten Tag.|Good morning.|"]
    assert [request.language for request in inner.opened] == ["Auto"]


def test_an_engine_may_begin_a_sentence_before_its_end(inner: Listening) -> None:
    stream = behind(inner, FrontEnd(TextWishes(early=True))).open(SpeechRequest("makima"))
    for piece in ("Once upon a ", "time there ", "were 3 bears. ", "The end"):
        stream.feed(piece)
    deadline_s = time.monotonic() + 5
    while "bears" not in "".join(inner.fed[0]) and time.monotonic() < deadline_s:
        time.sleep(0.01)
    stream.end_text()
    heard(stream)
    assert inner.fed[0][0] == "Once upon "
    assert "".join(inner.fed[0]) == f"Once upon a time there were three bears.{SENTENCE_END}The end{SENTENCE_END}"


def test_pronunciations_of_the_server_and_of_the_utterance(inner: Listening) -> None:
    engine = behind(inner, FrontEnd(pronunciations=from_mapping({"SQL": "sequel", "a": "eh"})))
    assert spoken(engine, "SQL a", pronunciations=from_mapping({"a": "uh"})) == ["sequel uh|"]


@pytest.mark.parametrize("piece", [10_000, 200])
def test_it_is_not_read_far_ahead_of_its_listener(inner: Listening, piece: int) -> None:
    text = "This is a sentence of a long text. " * 300
    stream = behind(inner).open(SpeechRequest("makima"))
    for at in range(0, len(text), piece):
        stream.feed(text[at : at + piece])
    stream.end_text()
    assert eventually(lambda: stream._resting)
    assert len("".join(inner.fed[0])) < AHEAD_CHARACTERS + 2 * TURN_CHARACTERS
    samples, end = heard(stream)
    assert end.reason == "end"
    assert "".join(inner.fed[0]).count(SENTENCE_END) == 300
    assert len(samples)


def test_much_without_a_sound_is_read_at_once(inner: Listening) -> None:
    stream = behind(inner).open(SpeechRequest("makima"))
    stream.feed("<!-- " + "nothing of this is said " * 100 + "--> Hello.")
    stream.end_text()
    samples, end = heard(stream)
    assert end.reason == "end"
    assert len(samples)


def test_what_has_no_sound_ends_at_once(inner: Listening) -> None:
    stream = behind(inner).open(SpeechRequest("makima"))
    stream.feed("***")
    stream.end_text()
    samples, end = heard(stream)
    assert (len(samples), end.reason) == (0, "end")


def test_a_sentence_is_spoken_when_no_more_text_comes(inner: Listening) -> None:
    stream = behind(inner).open(SpeechRequest("makima"))
    stream.feed("Let me look that up.")
    there = threading.Event()
    stream.subscribe(there.set)
    deadline_s = time.monotonic() + 10
    while stream.poll() is None and time.monotonic() < deadline_s:
        there.wait(0.05)
    assert inner.fed[0] == [f"Let me look that up.{SENTENCE_END}"]
    stream.cancel()


def test_a_failure_of_the_engine_ends_the_utterance(inner: Listening) -> None:
    stream = behind(inner).open(SpeechRequest("makima"))
    stream.feed(f"One. {FAIL_WORD}. [pause:1s] Three.")
    stream.end_text()
    _, end = heard(stream)
    assert end.reason == "failed"
    assert stream.poll() is None


def test_a_text_that_cannot_be_read_ends_its_own_utterance(inner: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = behind(inner)
    broken, sound = engine.open(SpeechRequest("makima")), engine.open(SpeechRequest("makima"))
    monkeypatch.setattr(broken._feeder, "feed", lambda _: 1 / 0)
    for stream in (broken, sound):
        stream.feed("Hello there. ")
        stream.end_text()
    assert heard(broken)[1].reason == "failed"
    assert heard(sound)[1].reason == "end"


def test_who_opens_it_is_told_what_stands_against_it(inner: Listening) -> None:
    with pytest.raises(VoiceNotFound):
        behind(inner).open(SpeechRequest("unknown"))


def test_closing_ends_its_streams(inner: Listening) -> None:
    engine = behind(inner)
    stream = engine.open(SpeechRequest("makima"))
    engine.close()
    assert heard(stream)[1].reason == "cancelled"


def test_kana_for_an_engine_that_needs_them(inner: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kana, "readings", lambda text: text.replace("東京", "とうきょう"))
    engine = behind(inner, FrontEnd(TextWishes(kana=True)))
    assert spoken(engine, "東京です。", "Japanese") == ["とうきょうです。|"]


def test_tasks_run_now_and_later() -> None:
    work, done = TextThreads(1), threading.Event()
    order: list[int] = []

    def last() -> None:
        order.append(2)
        done.set()

    work.run_after(0.05, last)
    work.run(lambda: order.append(1))
    assert done.wait(5)
    assert order == [1, 2]


def test_a_session_goes_on_in_its_language(inner: Listening) -> None:
    engine = behind(inner)
    spoken(engine, "Ich wohne in einem Haus am See.", "Auto", session_id="s")
    assert spoken(engine, "12", "Auto", session_id="s")[-1] == "zwölf|"
    assert spoken(engine, "12", "Auto", session_id="other")[-1] == "twelve|"
