"""Chinese: pinyin with tones from pypinyin's dictionaries, words as jieba finds them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from makima import installation
from makima.engines.kokoro.phonemes.pinyin import syllable_symbols
from makima.errors import AssetError
from makima.text.written_words import Span

_RUN = re.compile(r"([㐀-鿿]+)")


@cache
def _library() -> tuple[Any, Any]:
    try:
        import pypinyin
        from pypinyin.contrib.tone_sandhi import ToneSandhiMixin
        from pypinyin.converter import DefaultConverter
        from pypinyin.core import Pinyin
    except ImportError as exc:
        raise AssetError("pypinyin", "It is not installed.", mend=installation.run_install()) from exc

    class Converter(ToneSandhiMixin, DefaultConverter):
        """With the tones as they change next to each other."""

    return pypinyin, Pinyin(Converter())


def chinese_symbols(text: str, other: Callable[[str], str]) -> str:
    """Kokoro's symbols for a text without punctuation; what is in other letters is read by `other`.

    Raises: AssetError where pypinyin is not installed
    """
    pieces = [
        _words(piece) if place % 2 else other(piece.strip())
        for place, piece in enumerate(_RUN.split(text))
        if piece.strip()
    ]
    return " ".join(piece for piece in pieces if piece)


def boundaries(text: str) -> list[int]:
    """Where words begin, but for the first and those behind a mark."""
    found, at = [], 0
    for place, piece in enumerate(_RUN.split(text)):
        if place % 2:
            start = at
            for word in _cut(piece):
                found += [start] if start > at else []
                start += len(word)
        at += len(piece)
    return found


def words(text: str) -> list[Span]:
    """Where the words stand, those in other letters too."""
    found, at = [], 0
    for place, piece in enumerate(_RUN.split(text)):
        if place % 2:
            start = at
            for word in _cut(piece):
                found.append(Span(start, start + len(word)))
                start += len(word)
        else:
            found += [Span(at + match.start(), at + match.end()) for match in re.finditer(r"\S+", piece)]
        at += len(piece)
    return found


def _cut(run: str) -> list[str]:
    try:
        import rjieba
    except ImportError as exc:
        raise AssetError("rjieba", "It is not installed.", mend=installation.run_install()) from exc
    return list(rjieba.cut(run))


def _words(run: str) -> str:
    return " ".join(said for word in _cut(run) if (said := _word(word)))


def _word(word: str) -> str:
    pypinyin, reader = _library()
    style = pypinyin.Style
    options: dict[str, Any] = {"strict": True, "errors": "ignore"}
    initials = reader.lazy_pinyin(word, style=style.INITIALS, **options)
    finals = reader.lazy_pinyin(word, style=style.FINALS_TONE3, neutral_tone_with_five=True, **options)
    return "".join(syllable_symbols(initial, final) for initial, final in zip(initials, finals, strict=True))
