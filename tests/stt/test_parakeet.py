"""Parakeet's adapter over a small transducer of the same interface, loaded and run as the released one is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx_asr")

from makima.errors import AssetError, RecognitionFailed
from makima.events import Samples
from makima.stt.listening.endpoint import EndpointRules
from makima.stt.listening.session import Listening
from makima.stt.listening.utterance_detector import UtteranceDetector
from makima.stt.parakeet import ParakeetRecognizer
from makima.stt.protocol import RATE_HZ, Final, ListenRequest, Partial
from tests.support.models.onnx_graphs import write_parakeet
from tests.support.server.streams import eventually
from tests.support.speech import conversation


def tone(hz: float, seconds: float) -> Samples:
    """A tone in some noise."""
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    noise = np.random.default_rng(3).standard_normal(len(time_s))
    return (0.3 * np.sin(2 * np.pi * hz * time_s) + 0.02 * noise).astype(np.float32)


LOW_HIGH = conversation(0.5, tone(300, 1.3), 0.5, tone(3_000, 1.3), 0.5)


@pytest.fixture(scope="module")
def recognizer(tmp_path_factory: pytest.TempPathFactory) -> ParakeetRecognizer:
    made = ParakeetRecognizer(str(write_parakeet(tmp_path_factory.mktemp("parakeet"))))
    made.load(lambda _: None)
    return made


def test_what_it_hears_becomes_words(recognizer: ParakeetRecognizer) -> None:
    recognition = recognizer.open("English")
    for piece in np.array_split(LOW_HIGH, 7):
        recognition.feed(piece)
    words = recognition.finish().split()
    assert words == sorted(words, reverse=True)
    assert 3 <= words.count("lo") <= 5
    assert 3 <= words.count("hi") <= 5


def test_an_open_utterance_is_recognised_from_its_beginning_each_time(recognizer: ParakeetRecognizer) -> None:
    recognition = recognizer.open("German")
    guesses = []
    for piece in np.array_split(LOW_HIGH, 4):
        recognition.feed(piece)
        guesses.append(recognition.hypothesis())
    assert guesses[1].count("lo") > guesses[1].count("hi")
    assert guesses[3].startswith("lo")
    assert guesses[3].endswith("hi")


def test_settled_words_come_while_one_speaks(recognizer: ParakeetRecognizer) -> None:
    def loud(window: Samples) -> float:
        return float(np.abs(window).max() > 0.1)

    detector = UtteranceDetector(RATE_HZ, loud, EndpointRules(silence_ms=704))
    session = Listening(ListenRequest(RATE_HZ), detector, recognizer)
    for piece in np.array_split(conversation(LOW_HIGH, 1.0), 60):
        session.feed(piece)
        assert eventually(lambda: session.waiting_s == 0)
    session.end_audio()
    events = list(session)
    partials = [event.text for event in events if isinstance(event, Partial)]
    (final,) = [event.text for event in events if isinstance(event, Final)]
    assert partials
    assert final.startswith("lo lo")
    assert final.endswith("hi hi")


def test_a_folder_without_weights_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match=r"encoder-model|config\.json"):
        ParakeetRecognizer(str(tmp_path)).load(lambda _: None)


def test_weights_that_are_not_here_name_the_command(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="makima models pull parakeet"):
        ParakeetRecognizer("istupakov/parakeet-tdt-0.6b-v3-onnx").load(lambda _: None)


def test_a_broken_graph_is_named(tmp_path: Path) -> None:
    folder = write_parakeet(tmp_path / "broken")
    (folder / "encoder-model.int8.onnx").write_bytes(b"no graph")
    with pytest.raises(AssetError, match="does not load"):
        ParakeetRecognizer(str(folder)).load(lambda _: None)


def test_nothing_is_recognised_before_loading_or_after_the_end(recognizer: ParakeetRecognizer) -> None:
    with pytest.raises(RecognitionFailed):
        ParakeetRecognizer("somewhere").open("English")
    recognition = recognizer.open("English")
    recognition.close()
    with pytest.raises(RecognitionFailed):
        recognition.hypothesis()
