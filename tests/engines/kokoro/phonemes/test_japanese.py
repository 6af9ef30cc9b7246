"""Readings as they are pronounced. The dictionary is 115 MB, so words stand in for what it would find."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from makima.engines.kokoro.phonemes.japanese import JapaneseReader, leans, pronounced
from makima.errors import AssetError


@dataclass(frozen=True)
class Word:
    written: str
    reading: str
    kind: tuple[str, ...]

    def surface(self) -> str:
        return self.written

    def reading_form(self) -> str:
        return self.reading

    def part_of_speech(self) -> tuple[str, ...]:
        return self.kind


NOUN, VERB, PARTICLE, NUMBER = ("名詞", "普通名詞"), ("動詞", "一般"), ("助詞", "格助詞"), ("名詞", "数詞")
HOUR = Word("時", "ジ", NOUN)


@pytest.mark.parametrize(
    ("word", "after", "said"),
    [
        (Word("姉", "アネ", NOUN), None, "アネ"),
        (Word("東京", "トウキョウ", NOUN), None, "トーキョー"),
        (Word("空気", "クウキ", NOUN), None, "クーキ"),
        (Word("先生", "センセイ", NOUN), None, "センセイ"),
        (Word("思う", "オモウ", VERB), None, "オモウ"),
        (Word("通う", "カヨウ", VERB), None, "カヨウ"),
        (Word("は", "ハ", PARTICLE), None, "ワ"),
        (Word("へ", "ヘ", PARTICLE), None, "エ"),
        (Word("を", "ヲ", PARTICLE), None, "オ"),
        (Word("が", "ガ", PARTICLE), None, "ガ"),
        (Word("は", "ハ", NOUN), None, "ハ"),
        (Word("七", "ナナ", NUMBER), HOUR, "シチ"),
        (Word("九", "キュウ", NUMBER), HOUR, "ク"),
        (Word("十四", "ジュウヨン", NUMBER), HOUR, "ジューヨ"),
        (Word("十七", "ジュウナナ", NUMBER), HOUR, "ジューシチ"),
        (Word("七", "ナナ", NUMBER), Word("本", "ホン", NOUN), "ナナ"),
        (Word("ほげほげ", "", NOUN), None, "ホゲホゲ"),
        (Word("キロ", "キロ", NOUN), None, "キロ"),
    ],
)
def test_readings(word: Word, after: Word | None, said: str) -> None:
    assert pronounced(word, after) == said


@pytest.mark.parametrize(
    ("kind", "leaning"),
    [(NOUN, False), (VERB, False), (PARTICLE, True), (("動詞", "非自立可能"), True), (("補助記号", "句点"), True)],
)
def test_phrases_begin_with_words_that_stand_alone(kind: tuple[str, ...], leaning: bool) -> None:
    assert leans(Word("x", "x", kind)) is leaning


def test_a_dictionary_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="cannot be read"):
        JapaneseReader(tmp_path / "none.dic")
