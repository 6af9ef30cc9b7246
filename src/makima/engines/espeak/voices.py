"""The voices of the embedded engine: variants of espeak-ng's speaker, each able to read all ten languages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from makima.text.language import LANGUAGES
from makima.voices.catalog import Voice

_DIALECTS: Mapping[str, str] = MappingProxyType(
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
        "makima": ("f2", "Makima", "The embedded engine's default voice: clear, female"),
        "alto": ("f5", "Alto", "Low, female"),
        "soprano": ("f4", "Soprano", "High, female"),
        "tenor": ("m1", "Tenor", "High, male"),
        "baritone": ("m7", "Baritone", "Low, male"),
        "whisper": ("whisper", "Whisper", "Whispered"),
    }
)

assert set(_DIALECTS) == set(LANGUAGES)

VOICES: tuple[Voice, ...] = tuple(
    Voice(id=voice_id, name=name, language="English", description=description, engine="espeak")
    for voice_id, (_, name, description) in _VARIANTS.items()
)


def espeak_voice(voice_id: str, language: str) -> str:
    """What espeak-ng calls this voice in this language."""
    return f"{_DIALECTS[language]}+{_VARIANTS[voice_id][0]}"
