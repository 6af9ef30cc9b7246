"""The voices of the embedded engine: variants of espeak-ng's speaker, each of which speaks all ten languages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from makima.text.language import LANGUAGES
from makima.voices.catalog import Voice

DIALECTS: Mapping[str, str] = MappingProxyType(
    {
        "Chinese": "cmn",
        "English": "en-us",
        "Japanese": "ja",
        "Korean": "ko",
        "German": "de",
        "French": "fr",
        "Russian": "ru",
        "Portuguese": "pt-br",
        "Spanish": "es",
        "Italian": "it",
    }
)
_VARIANTS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "makima": ("f2", "Makima", "Bright, female"),
        "alto": ("f5", "Alto", "Low, female"),
        "soprano": ("f4", "Soprano", "High, female"),
        "tenor": ("m1", "Tenor", "High, male"),
        "baritone": ("m7", "Baritone", "Low, male"),
        "whisper": ("whisper", "Whisper", "Whispered"),
    }
)

_GENDERS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("makima", "alto", "soprano"), "female"),
        **dict.fromkeys(("tenor", "baritone"), "male"),
    }
)

assert set(DIALECTS) == set(LANGUAGES)

VOICES: tuple[Voice, ...] = tuple(
    Voice(voice_id, name, "English", description, "espeak", gender=_GENDERS.get(voice_id))
    for voice_id, (_, name, description) in _VARIANTS.items()
)


def espeak_voice(voice_id: str, language: str) -> str:
    """The name of this voice in this language at espeak-ng."""
    return f"{DIALECTS[language]}+{_VARIANTS[voice_id][0]}"
