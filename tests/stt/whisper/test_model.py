"""What is made of the decoder's answers, without a decoder."""

from __future__ import annotations

import pytest

pytest.importorskip("ctranslate2")

from makima.stt.whisper.model import likeliest, token_starts_ms


@pytest.mark.parametrize(
    ("chances", "before", "language"),
    [
        ({"en": 0.7, "de": 0.3}, None, "en"),
        ({"en": 0.7, "de": 0.3}, "de", "de"),
        ({"en": 0.9, "de": 0.1}, "de", "en"),
        ({"en": 0.9, "de": 0.1}, "fr", "en"),
    ],
)
def test_the_language_of_before_is_kept_where_it_may_be_it(
    chances: dict[str, float], before: str | None, language: str
) -> None:
    assert likeliest(chances, before) == language


@pytest.mark.parametrize(
    ("alignments", "tokens", "starts_ms"),
    [
        ([(0, 0), (0, 1), (1, 2), (1, 5), (2, 10)], 2, [0, 40, 200]),
        ([(0, 3), (2, 10)], 2, [60, 60, 200]),
        ([(0, 3), (1, 200)], 2, [60, 1_000, 1_000]),
        ([], 2, [0, 0, 1_000]),
    ],
)
def test_tokens_begin_in_order_and_within_the_audio(
    alignments: list[tuple[int, int]], tokens: int, starts_ms: list[int]
) -> None:
    assert token_starts_ms(alignments, tokens, end_ms=1_000) == starts_ms
