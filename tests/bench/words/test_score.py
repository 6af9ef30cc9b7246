"""What counts as misheard."""

from __future__ import annotations

import pytest

from makima.bench.words.score import errors, measure_of
from makima.bench.words.sentences import SENTENCES
from makima.text.language import LANGUAGES, guess


@pytest.mark.parametrize(
    ("said", "recognised", "language", "count", "of"),
    [
        ("It costs twenty-five pounds.", "it costs 25 pounds", "English", 0, 5),
        ("It costs twenty-five pounds.", "it costs 26 pounds", "English", 1, 5),
        ("More than two hundred people", "More than 200 people.", "English", 0, 5),
        ("Die Karten kosten fünfundzwanzig Euro.", "Die Karten kosten 25 Euro", "German", 0, 5),
        ("She was born in nineteen forty-two.", "She was born in 1942.", "English", 0, 7),
        ("im Jahr neunzehnhundertzweiundvierzig", "im Jahr 1942", "German", 0, 3),
        ("毎朝七時に開きます。", "毎朝7時に開きます", "Japanese", 0, 9),
        ("你饿吗?", "你饿么", "Chinese", 1, 3),
        ("博物馆关门到九月。", "博物館關門到9月", "Chinese", 0, 8),
        ("배고파? 조금.", "배고파조금", "Korean", 0, 5),
        ("Hello there", "", "English", 2, 2),
    ],
)
def test_errors_are_of_words_or_characters(said: str, recognised: str, language: str, count: int, of: int) -> None:
    found = errors(said, recognised, language)
    assert (found.errors, found.words) == (count, of)


def test_what_is_counted_has_a_name() -> None:
    assert [measure_of(language) for language in ("German", "Chinese")] == ["WER", "CER"]


def test_every_language_has_twenty_sentences_of_its_own() -> None:
    assert set(SENTENCES) == set(LANGUAGES)
    for language, sentences in SENTENCES.items():
        assert len(set(sentences)) == 20, language
        assert guess(" ".join(sentences)) == language
        assert sum("?" in sentence or "か。" in sentence for sentence in sentences) >= 3, language
