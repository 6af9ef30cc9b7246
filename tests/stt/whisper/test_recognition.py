"""One utterance: what is asked of the decoder and when, with a scripted decoder and detector."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest

from makima.errors import RecognitionFailed
from makima.events import Samples
from makima.stt.listening.endpoint import WINDOW_MS, WINDOW_SAMPLES
from makima.stt.protocol import HeardWord
from makima.stt.whisper.activity import AFTER_WINDOWS, CUT_FROM_WINDOWS, PAUSE_WINDOWS
from makima.stt.whisper.judgement import Heard, Order
from makima.stt.whisper.recognition import WhisperRecognition
from makima.stt.whisper.requests import RequestQueue

CODES = ("en", "ja")


@dataclass
class ScriptedDecoder:
    """Says how many windows it got. Whatever is longer than `doubtful` is not to be believed."""

    asked: list[tuple[int, Order]] = field(default_factory=list)
    doubtful: int = 10_000
    language: str = "en"
    usable: bool = True

    def hear(self, audio: Samples, order: Order) -> Heard:
        windows = len(audio) // WINDOW_SAMPLES
        self.asked.append((windows, order))
        words = (HeardWord(str(windows), 0, windows * WINDOW_MS),) if order.final else ()
        return Heard(str(windows), self.language, 0.1, -0.2 if windows <= self.doubtful else -3.0, words)

    def kill(self) -> None:
        self.usable = False


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def decoder() -> ScriptedDecoder:
    return ScriptedDecoder()


@pytest.fixture
def queue(decoder: ScriptedDecoder) -> Iterator[RequestQueue]:
    made = RequestQueue(lambda: decoder)
    yield made
    made.close()


def windows(count: int, level: float) -> Samples:
    return np.full(count * WINDOW_SAMPLES, level, np.float32)


def loudness(window: Samples) -> float:
    return float(np.abs(window).max())


def begin(queue: RequestQueue, language: str | None = "en", clock: Clock | None = None) -> WhisperRecognition:
    return WhisperRecognition(queue, loudness, language, CODES, clock=clock or Clock())


def test_silence_is_never_decoded(queue: RequestQueue, decoder: ScriptedDecoder) -> None:
    recognition = begin(queue)
    recognition.feed(windows(200, 0.1))
    assert recognition.hypothesis() == ""
    assert recognition.finish() == ""
    assert not decoder.asked


def test_a_pause_of_a_speaker_is_taken_for_the_end(queue: RequestQueue, decoder: ScriptedDecoder) -> None:
    clock = Clock()
    recognition = begin(queue, clock=clock)
    recognition.feed(windows(40, 0.9))
    clock.now_s = 40 * WINDOW_MS / 1000
    recognition.feed(windows(AFTER_WINDOWS, 0.1))
    recognition.feed(windows(10, 0.1))
    assert recognition.hypothesis() == recognition.finish() == str(40 + AFTER_WINDOWS)
    assert len(decoder.asked) == 1
    assert recognition.words == (HeardWord(str(40 + AFTER_WINDOWS), 0, (40 + AFTER_WINDOWS) * WINDOW_MS),)


def test_in_a_recording_nothing_is_decoded_before_its_end(queue: RequestQueue, decoder: ScriptedDecoder) -> None:
    recognition = begin(queue)
    for _ in range(4):
        recognition.feed(windows(40, 0.9))
        recognition.feed(windows(AFTER_WINDOWS, 0.1))
    assert recognition.finish()
    assert len(decoder.asked) == 1


def test_guesses_are_of_all_so_far_and_do_not_cost_times_of_words(
    queue: RequestQueue, decoder: ScriptedDecoder
) -> None:
    recognition = begin(queue)
    recognition.feed(windows(40, 0.9))
    assert recognition.hypothesis() == "40"
    recognition.feed(windows(20, 0.9))
    assert recognition.hypothesis() == "60"
    assert [(count, order.final) for count, order in decoder.asked] == [(40, False), (60, False)]


def test_a_guess_never_costs_more_than_one_stretch(queue: RequestQueue, decoder: ScriptedDecoder) -> None:
    recognition = begin(queue)
    for _ in range(3):
        recognition.feed(windows(CUT_FROM_WINDOWS, 0.9))
        recognition.feed(windows(PAUSE_WINDOWS, 0.1))
    recognition.feed(windows(30, 0.9))
    stretch = str(CUT_FROM_WINDOWS + AFTER_WINDOWS)
    assert recognition.hypothesis() == " ".join([stretch] * 3 + ["30"])
    assert recognition.hypothesis() == " ".join([stretch] * 3 + ["30"])
    assert sorted(count for count, _ in decoder.asked) == [30, 30, *[int(stretch)] * 3]
    recognition.finish()
    starts = [word.start_ms for word in recognition.words]
    step_ms = (CUT_FROM_WINDOWS + PAUSE_WINDOWS) * WINDOW_MS
    assert starts == [0, step_ms, 2 * step_ms, 3 * step_ms]


def test_what_is_not_credible_is_left_out(queue: RequestQueue, decoder: ScriptedDecoder) -> None:
    decoder.doubtful = 50
    recognition = begin(queue, None)
    recognition.feed(windows(60, 0.9))
    assert recognition.hypothesis() == ""
    assert recognition.finish() == ""
    assert recognition.words == ()
    assert recognition.language is None


def test_the_language_that_was_found_is_known_to_what_follows(queue: RequestQueue, decoder: ScriptedDecoder) -> None:
    decoder.language = "ja"
    recognition = begin(queue, None)
    recognition.feed(windows(60, 0.9))
    recognition.hypothesis()
    recognition.finish()
    assert recognition.language == "ja"
    # The guess must not sway the final.
    assert [(order.language, order.before) for _, order in decoder.asked] == [(None, None), (None, None)]


def test_after_the_end_nothing_is_taken(queue: RequestQueue) -> None:
    recognition = begin(queue)
    recognition.close()
    recognition.close()
    for use in (lambda: recognition.feed(windows(1, 0.9)), recognition.hypothesis, recognition.finish):
        with pytest.raises(RecognitionFailed):
            use()
