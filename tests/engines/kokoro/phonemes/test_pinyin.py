"""Syllables to symbols: all there are."""

from __future__ import annotations

import pytest

from makima.engines.kokoro.phonemes.pinyin import syllable_symbols
from makima.models.kokoro.symbols import TOKENS

pypinyin = pytest.importorskip("pypinyin")


def test_every_syllable_of_the_language_has_symbols() -> None:
    from pypinyin.pinyin_dict import pinyin_dict
    from pypinyin.style import convert

    style = pypinyin.Style
    syllables = {reading for readings in list(pinyin_dict.values())[::7] for reading in readings.split(",")}
    assert len(syllables) > 900
    silent = []
    for syllable in syllables:
        initial = convert(syllable, style.INITIALS, strict=True)
        final = convert(syllable, style.FINALS_TONE3, strict=True)
        symbols = syllable_symbols(initial, final)
        assert set(symbols) <= set(TOKENS)
        if not symbols:
            silent.append(syllable)
    assert len(silent) < 20, silent  # interjections without a vowel, such as "hm"


@pytest.mark.parametrize(
    ("initial", "final", "symbols"),
    [
        ("zh", "i1", "ꭧɨ→"),
        ("j", "i1", "ʨi→"),
        ("", "ang2", "a↗ŋ"),
        ("l", "v4", "ly↘"),
        ("m", "a5", "ma"),
        ("q", "x1", ""),
    ],
)
def test_syllables(initial: str, final: str, symbols: str) -> None:
    assert syllable_symbols(initial, final) == symbols
