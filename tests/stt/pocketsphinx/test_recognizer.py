"""The embedded recogniser: what it recognises, and what becomes of its processes."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from makima.errors import RecognitionFailed
from makima.stt.pocketsphinx import PocketSphinxRecognizer
from tests.native_process.programs import is_alive
from tests.support.server.streams import eventually
from tests.support.speech import conversation, spoken

SPEECH = conversation(0.3, spoken("I would like a cup of coffee."), 0.5)


@pytest.fixture(scope="module")
def recognizer() -> Iterator[PocketSphinxRecognizer]:
    made = PocketSphinxRecognizer(workers=1)
    made.load(lambda _: None)
    yield made
    made.close()


def words(recognizer: PocketSphinxRecognizer, gain: float = 1.0) -> str:
    recognition = recognizer.open("English")
    recognition.feed(SPEECH * np.float32(gain))
    said = recognition.finish()
    recognition.close()
    return said


def test_it_understands_clear_speech(recognizer: PocketSphinxRecognizer) -> None:
    assert "like a cup of coffee" in words(recognizer)


@pytest.mark.parametrize("gain", [0.03, 0.3])
def test_soft_speech_is_understood_as_well(recognizer: PocketSphinxRecognizer, gain: float) -> None:
    assert "like a cup of coffee" in words(recognizer, gain)


def test_the_next_utterance_knows_what_the_one_before_sounded_like(recognizer: PocketSphinxRecognizer) -> None:
    first = recognizer.open("English")
    first.feed(SPEECH)
    said = first.finish()
    first.close()
    assert len(first.means.split(",")) == 13
    later = []
    for after in (None, first, first):
        recognition = recognizer.open("English", after)
        recognition.feed(SPEECH)
        later.append((recognition.finish(), recognition.means))
        recognition.close()
    assert later[0] == (said, first.means), "another session knows nothing of it"
    assert later[1] == later[2] != later[0]


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGSTOP])
def test_a_process_that_dies_or_hangs_in_an_utterance_is_not_noticed(
    recognizer: PocketSphinxRecognizer, ending: signal.Signals
) -> None:
    before = words(recognizer)
    recognition = recognizer.open("English")
    recognition.feed(SPEECH)
    (pid,) = recognizer.pids()
    os.kill(pid, ending)
    assert recognition.finish() == before
    assert not is_alive(pid)
    assert words(recognizer) == before


def test_one_beyond_the_limit_waits_for_its_turn(recognizer: PocketSphinxRecognizer) -> None:
    first = recognizer.open("English")
    said: list[str] = []
    waiting = threading.Thread(target=lambda: said.append(words(recognizer)))
    waiting.start()
    first.feed(SPEECH)
    assert first.finish()
    waiting.join(30)
    assert len(said) == 1
    assert len(recognizer.pids()) == 1


def test_closing_ends_the_processes_and_those_who_wait() -> None:
    recognizer = PocketSphinxRecognizer(workers=1)
    recognizer.load(lambda _: None)
    (pid,) = recognizer.pids()
    held = recognizer.open("English")
    failures: list[RecognitionFailed] = []

    def wait() -> None:
        try:
            recognizer.open("English")
        except RecognitionFailed as exc:
            failures.append(exc)

    waiting = threading.Thread(target=wait)
    waiting.start()
    recognizer.close()
    waiting.join(10)
    assert len(failures) == 1
    assert not recognizer.loaded
    with pytest.raises(RecognitionFailed):
        held.finish()
    assert eventually(lambda: not is_alive(pid))
