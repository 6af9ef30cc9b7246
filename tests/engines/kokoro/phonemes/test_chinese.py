"""Chinese to symbols."""

from __future__ import annotations

import pytest

from makima.engines.kokoro.phonemes.chinese import boundaries, chinese_symbols


def test_words_begin() -> None:
    text = "今天天气很好，我们去北京。"
    assert [text[start:] for start in boundaries(text)] == [
        "很好，我们去北京。",
        "好，我们去北京。",
        "去北京。",
        "北京。",
    ]


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("你好", "ni↗xau↓"),  # a third tone before another one rises
        ("中国", "ꭧʊ→ŋkwo↗"),
        ("学习", "ɕɥe↗ɕi↗"),
        ("老师", "lau↓ʂɨ→"),
        ("女儿", "ny↓ɚ↗"),
        ("银行", "i↗nxa↗ŋ"),
        ("一个", "i↗kɤ↘"),
        ("妈妈", "ma→ma→"),
        ("我叫 Tom", "wo↓ ʨjau↘ <Tom>"),
        ("", ""),
    ],
)
def test_symbols(text: str, symbols: str) -> None:
    assert chinese_symbols(text, lambda other: f"<{other}>") == symbols
