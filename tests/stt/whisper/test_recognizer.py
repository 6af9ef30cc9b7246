"""Whisper itself, where its weights are on this machine: what it hears, and what it does not."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from makima.bench.listen import SENTENCES
from makima.bench.word_errors import word_errors
from makima.errors import AssetError, RecognitionFailed
from makima.events import Samples
from makima.stt.protocol import RATE_HZ
from makima.stt.whisper.recognizer import WhisperRecognizer
from tests.support.server.streams import eventually
from tests.support.speech import conversation, spoken
from tests.support.whisper import whisper_recognizer

TEXT = "The children are playing in the park behind the school."
SPEECH = conversation(0.3, spoken(TEXT), 0.5)


@pytest.fixture(scope="module")
def recognizer() -> Iterator[WhisperRecognizer]:
    made = whisper_recognizer()
    made.load(lambda _: None)
    yield made
    made.close()


def heard(recognizer: WhisperRecognizer, samples: Samples, language: str = "Auto") -> str:
    recognition = recognizer.open(language)
    try:
        recognition.feed(samples)
        recognition.hypothesis()
        return recognition.finish()
    finally:
        recognition.close()


def test_it_understands_and_says_when_each_word_was(recognizer: WhisperRecognizer) -> None:
    recognition = recognizer.open("English")
    recognition.feed(SPEECH)
    text = recognition.finish()
    recognition.close()
    assert word_errors(TEXT, text).errors <= 2
    assert " ".join(word.text for word in recognition.words) == text
    times = [time for word in recognition.words for time in (word.start_ms, word.end_ms)]
    assert times == sorted(times)
    assert times[0] <= 600
    assert 1_500 <= times[-1] <= 1000 * len(SPEECH) / RATE_HZ


def test_it_finds_the_language_out(recognizer: WhisperRecognizer) -> None:
    german = spoken("Guten Morgen, wie geht es Ihnen heute? Ich habe gut geschlafen.", language="German")
    recognition = recognizer.open("Auto")
    recognition.feed(conversation(0.3, german, 0.5))
    assert "morgen" in recognition.finish().lower()
    assert recognition.language == "de"
    recognition.close()


def test_speech_beyond_what_the_encoder_takes_is_heard_to_its_end(recognizer: WhisperRecognizer) -> None:
    sentences = SENTENCES[:14]
    text = heard(recognizer, conversation(0.3, *map(spoken, sentences), 0.5), "English")
    assert word_errors(" ".join(sentences), text).rate < 0.3


def _noises() -> dict[str, Samples]:
    random = np.random.default_rng(5)
    time_s = np.arange(4 * RATE_HZ) / RATE_HZ
    white = random.standard_normal(len(time_s))
    brown = np.cumsum(white) / 100
    notes = np.repeat(random.choice([220.0, 262.0, 330.0, 392.0, 440.0], 16), len(time_s) // 16)
    made = {
        "silence": 0 * time_s,
        "white": white,
        "brown": brown - brown.mean(),
        "hum": sum(np.sin(2 * np.pi * 50 * k * time_s) / k for k in (1, 2, 3, 5)),
        "siren": np.sin(2 * np.pi * np.cumsum(700 + 300 * np.sin(np.pi * time_s)) / RATE_HZ),
        "crackle": white * (random.random(len(time_s)) < 0.01),
        "knocks": np.sin(2 * np.pi * 120 * time_s) * np.exp(-20 * (time_s % 0.5)),
        "music": sum(np.sin(2 * np.pi * k * notes * time_s) / k for k in range(1, 6)),
        "breath": white * np.clip(np.sin(np.pi * time_s), 0, 1) * 0.3,
    }
    return {name: np.asarray(0.1 * samples / (np.std(samples) + 1e-9), np.float32) for name, samples in made.items()}


@pytest.mark.parametrize("name", _noises())
def test_it_makes_no_words_up(recognizer: WhisperRecognizer, name: str) -> None:
    assert heard(recognizer, _noises()[name]) == ""


def test_a_process_that_died_is_replaced(recognizer: WhisperRecognizer) -> None:
    before = heard(recognizer, SPEECH, "English")
    (pid,) = recognizer.pids()
    os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: ") Z " in Path(f"/proc/{pid}/stat").read_text())
    assert heard(recognizer, SPEECH, "English") == before
    assert recognizer.pids() != [pid]
    assert eventually(lambda: not Path(f"/proc/{pid}").exists())


def test_weights_that_do_not_load_are_named(tmp_path: Path) -> None:
    pytest.importorskip("ctranslate2")
    broken = WhisperRecognizer(lambda: tmp_path)
    with pytest.raises(AssetError, match=r"tokenizer\.json.*models pull whisper"):
        broken.load(lambda _: None)
    assert not broken.loaded
    with pytest.raises(RecognitionFailed, match="closed"):
        broken.open("English")
