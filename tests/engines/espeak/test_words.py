"""From the words of a sentence as it is spoken to their places in the text as it was written."""

from __future__ import annotations

import numpy as np
import pytest

from makima.engines.espeak.words import HeldWord, SentenceWords
from makima.engines.espeak.worker_process import Word
from makima.events import SpokenWord
from makima.text.speakable import without_emoji

TEXTS = ["Hello there.", "Well 🎉🎊 done", "👩‍👩‍👧 family", "a\n b\tc", "1️⃣ first", "🇩🇪 Tag", "x👍🏽y z"]


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_spoken_is_the_text_without_emoji(text: str) -> None:
    assert SentenceWords(text, 0).spoken == without_emoji(text)


@pytest.mark.parametrize("text", TEXTS)
def test_words_are_found_where_they_were_written(text: str) -> None:
    before = "Before. "
    sentence = SentenceWords(text, len(before))
    spoken = sentence.spoken.split()
    starts = [sentence.spoken.index(word) for word in spoken]
    times = sentence.times([Word(start, len(word), 7) for start, word in zip(starts, spoken, strict=True)], 100)
    for word, time in zip(spoken, times, strict=True):
        assert time.start_sample == 107
        assert word in (before + text)[time.text_start :][: time.text_length + len(text) - len(sentence.spoken)]


def test_the_parts_of_a_number_are_one_word() -> None:
    sentence = SentenceWords("are 21 (six)", 0)
    words = [Word(0, 3, 0), Word(4, 2, 10), Word(5, 2, 20), Word(7, 5, 30)]
    assert sentence.times(words, 0) == (SpokenWord(0, 3, 0), SpokenWord(4, 2, 10), SpokenWord(7, 5, 30))


@pytest.mark.parametrize("word", [Word(0, 0, 5), Word(50, 3, 5), Word(3, 2, 5)])
def test_places_outside_the_text_are_left_out(word: Word) -> None:
    assert SentenceWords("abc", 0).times([word], 0) == ()


def test_a_length_beyond_the_text_is_cut() -> None:
    assert SentenceWords("abc", 10).times([Word(1, 9, 5)], 0) == (SpokenWord(11, 2, 5),)


def test_a_word_is_held_until_the_next_begins_and_ends_with_its_sound() -> None:
    held = HeldWord()
    sound = np.concatenate([np.full(80, 0.5, np.float32), np.zeros(20, np.float32)])
    samples, words = held.push(sound, 1000, [SpokenWord(0, 2, 1000)])
    assert len(samples) == 0
    assert words == ()
    samples, words = held.push(sound, 1100, [SpokenWord(3, 4, 1100)])
    assert len(samples) == 100
    assert words == (SpokenWord(0, 2, 1000, 1080),)
    samples, words = held.flush()
    assert len(samples) == 100
    assert words == (SpokenWord(3, 4, 1100, 1180),)
    assert len(held.flush()[0]) == 0


def test_sound_before_the_first_word_is_not_held() -> None:
    held = HeldWord()
    samples, _ = held.push(np.zeros(50, np.float32), 0, [])
    assert len(samples) == 50
