"""What is done to the model's sound, and to what is too long for it."""

from __future__ import annotations

import numpy as np
import pytest

from makima.engines.kokoro.rendering import parts_of, trimmed
from makima.models.kokoro.symbols import MAX_TOKENS, tokens


def test_silence_at_both_ends_is_cut_to_a_little() -> None:
    sound = np.full(2400, 0.5, np.float32)
    silence = np.zeros(12_000, np.float32)
    kept = trimmed(np.concatenate([silence, sound, silence]))
    assert len(kept) == 720 + 2400 + 1440  # 30 ms before and 60 ms after
    assert abs(kept[0]) == abs(kept[-1]) == 0
    assert np.count_nonzero(kept == 0.5) > 2000


def test_silence_alone_is_nothing() -> None:
    assert len(trimmed(np.zeros(1000, np.float32))) == 0
    assert len(trimmed(np.zeros(0, np.float32))) == 0


def test_a_pause_inside_stays() -> None:
    sound = np.full(2400, 0.5, np.float32)
    with_pause = np.concatenate([sound, np.zeros(9600, np.float32), sound])
    assert len(trimmed(with_pause)) == len(with_pause)


@pytest.mark.parametrize("word", ["abc", "a" * 700])
def test_long_symbols_are_cut_below_the_limit(word: str) -> None:
    symbols = " ".join([word] * 300)
    parts = parts_of(symbols)
    assert len(parts) > 1
    assert all(0 < len(tokens(part)) <= MAX_TOKENS for part in parts)
    assert "".join(parts).replace(" ", "") == symbols.replace(" ", "")
    if word == "abc":
        assert set(" ".join(parts).split()) == {"abc"}, "a word was cut"


def test_marks_alone_are_no_speech() -> None:
    assert parts_of(" ,.!? ") == []
    assert parts_of("") == []
