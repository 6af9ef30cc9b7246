"""Letters to phonemes."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from makima.engines.espeak import Phonemizer
from makima.errors import SynthesisFailed
from makima.text.language import LANGUAGES
from tests.engines.test_contract import SENTENCES
from tests.native_process.programs import open_descriptors


@pytest.fixture(scope="module")
def phonemizer() -> Iterator[Phonemizer]:
    made = Phonemizer()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("text", "language", "phonemes"),
    [
        ("Hello, world!", "English", "həlˈoʊ wˈɜːld"),
        ("Hello, world!", "en-us", "həlˈoʊ wˈɜːld"),
        ("tomato", "English", "təmˈeɪɾoʊ"),
        ("tomato", "en-gb", "təmˈɑːtəʊ"),
        ("Das ist schön.", "German", "das ɪst ʃˈøːn"),
        ("niños", "Spanish", "nˈiɲos"),
        ("não", "Portuguese", "nˈɐ̃ʊ̃"),
        ("नमस्ते", "hi", "nəmˈʌsteː"),
        ("3.5", "English", "θɹˈiː pɔɪnt fˈaɪv"),
        ("a\0b", "English", "ɐ bˈiː"),
        ("", "English", ""),
        (" \n", "English", ""),
        ("?! ... —", "English", ""),
    ],
)
def test_what_it_says(phonemizer: Phonemizer, text: str, language: str, phonemes: str) -> None:
    assert phonemizer.phonemes(text, language) == phonemes


def test_words_of_another_language_are_not_marked(phonemizer: Phonemizer) -> None:
    assert phonemizer.phonemes("Der Download ist da.", "German") == "dɛɾ dˈaʊnləʊd ɪst dˈɑː"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language(phonemizer: Phonemizer, language: str) -> None:
    assert len(phonemizer.phonemes(SENTENCES[language], language)) > 8


def test_the_same_text_gives_the_same_phonemes(phonemizer: Phonemizer) -> None:
    first = phonemizer.phonemes(SENTENCES["English"], "English")
    for language in LANGUAGES:
        phonemizer.phonemes(SENTENCES[language], language)
    assert phonemizer.phonemes(SENTENCES["English"], "English") == first


def test_a_long_text_is_read_to_its_end(phonemizer: Phonemizer) -> None:
    assert phonemizer.phonemes("One thing, and then another. " * 2_000, "English").count("ɐnˈʌðɚ") == 2_000


def test_a_tie_joins_the_letters_of_a_phoneme() -> None:
    tied = Phonemizer(tie="^")
    assert tied.phonemes("church", "English") == "t^ʃˈɜːt^ʃ"
    tied.close()


@pytest.mark.parametrize("tie", ["^^", "\U0001f600"])
def test_a_tie_is_one_character_of_the_basic_plane(tie: str) -> None:
    with pytest.raises(ValueError, match="one character"):
        Phonemizer(tie=tie)


@pytest.mark.parametrize("language", ["xx", "zz-yy"])
def test_a_language_there_is_none_of(phonemizer: Phonemizer, language: str) -> None:
    with pytest.raises(SynthesisFailed, match=language):
        phonemizer.phonemes("Hello.", language)
    assert phonemizer.phonemes("Hello.", "English")


def test_no_language(phonemizer: Phonemizer) -> None:
    with pytest.raises(SynthesisFailed, match="No language"):
        phonemizer.phonemes("Hello.", "")


def test_from_many_threads(phonemizer: Phonemizer) -> None:
    answers: list[str] = []

    def ask() -> None:
        for _ in range(10):
            answers.append(phonemizer.phonemes("Hello.", "English"))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert answers == ["həlˈoʊ"] * 40


def test_a_process_that_hangs_is_not_noticed() -> None:
    phonemizer = Phonemizer()
    expected = phonemizer.phonemes("Hello.", "English")
    (pid,) = phonemizer.pids()
    os.kill(pid, signal.SIGSTOP)
    assert phonemizer.phonemes("Hello.", "English") == expected
    phonemizer.close()


def test_after_its_close() -> None:
    before = open_descriptors()
    phonemizer = Phonemizer()
    phonemizer.phonemes("Hello.", "English")
    phonemizer.close()
    phonemizer.close()
    assert open_descriptors() == before
    with pytest.raises(SynthesisFailed, match="closed"):
        phonemizer.phonemes("Hello.", "English")
