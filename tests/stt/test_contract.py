"""What every recogniser promises (`makima.stt.protocol`). One joins by one line in `RECOGNIZERS`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from makima.errors import RecognitionFailed
from makima.events import Loading
from makima.stt.fake import FakeRecognizer
from makima.stt.parakeet import ParakeetRecognizer
from makima.stt.pocketsphinx import PocketSphinxRecognizer
from makima.stt.protocol import RATE_HZ, Recognition, Recognizer
from makima.text.language import LANGUAGES
from tests.support.models.onnx_graphs import write_parakeet
from tests.support.speech import conversation, spoken
from tests.support.whisper import whisper_recognizer

RECOGNIZERS: dict[str, Callable[[Path], Recognizer]] = {
    "fake": lambda _: FakeRecognizer(),
    "pocketsphinx": lambda _: PocketSphinxRecognizer(workers=2),
    "whisper": lambda _: whisper_recognizer(),
    "parakeet": lambda folder: ParakeetRecognizer(str(write_parakeet(folder))),
}

SPEECH = conversation(0.1, spoken("I would like a cup of coffee."), 0.3)


@pytest.fixture(scope="module", params=RECOGNIZERS)
def recognizer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recognizer]:
    made = RECOGNIZERS[request.param](tmp_path_factory.mktemp(request.param))
    news: list[Loading] = []
    assert not made.loaded
    made.load(news.append)
    assert made.loaded
    assert news
    yield made
    made.close()
    made.close()


def recognised(recognition: Recognition, piece: int = 1_600) -> str:
    try:
        for at in range(0, len(SPEECH), piece):
            recognition.feed(SPEECH[at : at + piece])
        return recognition.finish()
    finally:
        recognition.close()


def test_it_stands_behind_the_seam(recognizer: Recognizer) -> None:
    assert isinstance(recognizer, Recognizer)
    assert set(recognizer.capabilities.languages) <= set(LANGUAGES)
    assert recognizer.name
    assert recognizer.capabilities.model


def test_loading_twice_is_loading_once(recognizer: Recognizer) -> None:
    recognizer.load(lambda _: None)
    assert recognizer.loaded


def test_it_finds_words(recognizer: Recognizer) -> None:
    assert len(recognised(recognizer.open("English")).split()) >= 3


def test_the_same_audio_gives_the_same_words_however_it_is_cut(recognizer: Recognizer) -> None:
    first = recognised(recognizer.open("English"))
    assert recognised(recognizer.open("English"), 333) == first
    assert recognised(recognizer.open("English"), len(SPEECH)) == first


def test_guesses_on_the_way_change_nothing(recognizer: Recognizer) -> None:
    recognition = recognizer.open("English")
    guesses = []
    for piece in np.array_split(SPEECH, 10):
        recognition.feed(piece)
        guesses.append(recognition.hypothesis())
    assert recognition.finish() == recognised(recognizer.open("English"))
    recognition.close()
    assert guesses[-1]


@pytest.mark.parametrize("samples", [0, 1, 100, 500])
def test_next_to_no_audio_has_no_words(recognizer: Recognizer, samples: int) -> None:
    recognition = recognizer.open("English")
    recognition.feed(SPEECH[:samples])
    assert recognition.hypothesis() == ""
    assert recognition.finish() == ""
    recognition.close()


def test_one_that_was_given_up_leaves_no_trace(recognizer: Recognizer) -> None:
    expected = recognised(recognizer.open("English"))
    for _ in range(2):
        recognition = recognizer.open("English")
        recognition.feed(SPEECH[:RATE_HZ])
        recognition.close()
        recognition.close()
    assert recognised(recognizer.open("English")) == expected


def test_utterances_at_once_do_not_disturb_each_other(recognizer: Recognizer) -> None:
    expected = recognised(recognizer.open("English"))
    said: list[str] = []
    threads = [threading.Thread(target=lambda: said.append(recognised(recognizer.open("English")))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert said == [expected] * 3


def test_an_utterance_that_is_over_takes_no_more(recognizer: Recognizer) -> None:
    recognition = recognizer.open("English")
    recognition.close()
    if recognizer.name != "fake":
        with pytest.raises(RecognitionFailed):
            recognition.feed(SPEECH)
