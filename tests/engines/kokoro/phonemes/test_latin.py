"""espeak-ng's IPA in Kokoro's alphabet."""

from __future__ import annotations

import pytest

from makima.engines.kokoro.phonemes.latin import kokoro_symbols


@pytest.mark.parametrize(
    ("ipa", "dialect", "symbols"),
    [
        ("həlˈo^ʊ", "en-us", "həlˈO"),
        ("həlˈə^ʊ", "en-gb", "həlˈQ"),
        ("t^ʃˈɜːt^ʃ", "en-us", "ʧˈɜɹʧ"),
        ("bˈʌʔn̩", "en-us", "bˈʌʔn"),
        ("lˈɪɾə^l", "en-us", "lˈɪTᵊl"),
        ("a^ɪ wˈɪl", "en-us", "ˌI wˈɪl"),
        ("ma^ɪ", "en-us", "mI"),
        ("θˈeɾka", "Spanish", "θˈeɾka"),
        ("t^ʃˈiko", "Spanish", "ʧˈiko"),
        ("ɑ̃fˈɑ̃", "French", "ɑ̃fˈɑ̃"),
        ("pˈat^ʃe", "Italian", "pˈaʧe"),
    ],
)
def test_symbols(ipa: str, dialect: str, symbols: str) -> None:
    assert kokoro_symbols(ipa, dialect) == symbols
