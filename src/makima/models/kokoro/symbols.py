"""The alphabet of Kokoro-82M v1.0: one token for each symbol, IPA with a few letters of its own.

Source: `config.json` of hexgrad/Kokoro-82M
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_RUNS: Final = (
    (1, ";:,.!?"),
    (9, '—…"()“” \u0303ʣʥʦʨᵝꭧAI'),
    (31, "O"),
    (33, "Q"),
    (35, "ST"),
    (39, "W"),
    (41, "Yᵊabcdef"),
    (50, "hijklmnopqrstuvwxyzɑɐɒæ"),
    (75, "βɔɕç"),
    (80, "ɖðʤə"),
    (85, "ɚɛɜ"),
    (90, "ɟ"),
    (92, "ɡ"),
    (99, "ɥ"),
    (101, "ɨɪʝ"),
    (110, "ɯɰŋɳɲɴø"),
    (118, "ɸθœ"),
    (123, "ɹ"),
    (125, "ɾɻ"),
    (128, "ʁɽʂʃʈʧ"),
    (135, "ʊʋ"),
    (138, "ʌɣɤ"),
    (142, "χʎ"),
    (147, "ʒʔ"),
    (156, "ˈˌː"),
    (162, "ʰ"),
    (164, "ʲ"),
    (169, "↓"),
    (171, "→↗↘"),
    (177, "ᵻ"),
)
"""Symbols with consecutive tokens, and the token of the first."""

TOKENS: Final[Mapping[str, int]] = MappingProxyType(
    {symbol: first + place for first, symbols in _RUNS for place, symbol in enumerate(symbols)}
)
PADDING: Final = 0
"""Stands before the first and after the last."""
MAX_TOKENS: Final = 510
"""That the model takes at once, without padding."""


def tokens(phonemes: str) -> list[int]:
    """The tokens of `phonemes`. What is not in the alphabet is left out."""
    return [TOKENS[symbol] for symbol in phonemes if symbol in TOKENS]
