"""Kana to symbols."""

from __future__ import annotations

import pytest

from makima.engines.kokoro.phonemes.kana import MORAE, kana_symbols, katakana
from makima.models.kokoro.symbols import TOKENS


@pytest.mark.parametrize(
    ("reading", "symbols"),
    [
        ("コンニチワ", "koɲɲiʨiβa"),
        ("こんにちわ", "koɲɲiʨiβa"),
        ("ガッコー", "ɡaʔkoː"),
        ("キョー", "kʲoː"),
        ("シンブン", "ɕimbɯɴ"),
        ("センセー", "seɴseː"),
        ("リンゴ", "ɾʲiŋɡo"),
        ("パーティー", "paːtʲiː"),
        ("ジュース", "ʥɨːsɨ"),
        ("ファン", "ɸaɴ"),
        ("abc", ""),
        ("", ""),
    ],
)
def test_readings(reading: str, symbols: str) -> None:
    assert kana_symbols(reading) == symbols


def test_all_that_comes_out_is_in_the_alphabet() -> None:
    assert set("".join(MORAE.values())) <= set(TOKENS)


def test_hiragana_and_katakana_are_one() -> None:
    hiragana = "".join(chr(code) for code in range(0x3041, 0x3097))
    assert all("ァ" <= kana <= "ヶ" for kana in katakana(hiragana))
