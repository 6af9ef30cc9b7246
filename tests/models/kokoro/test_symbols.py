"""Kokoro's alphabet."""

from __future__ import annotations

import pytest

from makima.models.kokoro.symbols import TOKENS, tokens


def test_no_two_symbols_share_a_token() -> None:
    assert len(TOKENS) == 114
    assert len(set(TOKENS.values())) == len(TOKENS)
    assert min(TOKENS.values()) > 0, "nought is the padding"


@pytest.mark.parametrize(
    ("phonemes", "expected"),
    [("", []), ("həlˈO", [50, 83, 54, 156, 31]), ("a b.", [43, 16, 44, 4]), ("a§\nb", [43, 44]), ("ɑ̃", [69, 17])],
)
def test_tokens(phonemes: str, expected: list[int]) -> None:
    assert tokens(phonemes) == expected
