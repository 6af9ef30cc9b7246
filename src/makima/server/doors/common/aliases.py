"""Names that clients of hosted services send, and what they stand for here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from makima.errors import VoiceNotFound
from makima.voices.catalog import Voice, VoiceCatalog

VOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "alloy": ("af_alloy", "makima"),
        "ash": ("am_michael", "baritone"),
        "ballad": ("bm_george", "tenor"),
        "cedar": ("am_fenrir", "baritone"),
        "coral": ("af_bella", "soprano"),
        "echo": ("am_echo", "tenor"),
        "fable": ("bm_fable", "tenor"),
        "marin": ("af_heart", "makima"),
        "nova": ("af_nova", "soprano"),
        "onyx": ("am_onyx", "baritone"),
        "sage": ("af_sarah", "alto"),
        "shimmer": ("af_sky", "soprano"),
        "verse": ("am_puck", "tenor"),
    }
)
"""OpenAI's thirteen voices: for each those of ours that are most like it. The first one that there is speaks."""

SPEECH_MODELS: Final = ("gpt-4o-mini-tts", "tts-1", "tts-1-hd")
TRANSCRIPTION_MODELS: Final = ("whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe")
"""The models that clients ask for by default. Every name is taken; these are listed, so that menus show them."""

_HOSTED_ID = re.compile(
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"  # Cartesia's
    r"|[0-9A-Za-z]{20}"  # ElevenLabs'
    r"|(?:aura|flux)-[0-9a-z-]+",  # Deepgram's
    re.IGNORECASE,
)


def find_voice(voices: VoiceCatalog, name: str | None) -> Voice:
    """The voice of this name: one of ours, or what stands for a name of a hosted service. The default for None.

    The id of a hosted service's own voice gets the default voice, as a client that moves here has such ids in its
    settings. Any other unknown name is refused.

    Raises: VoiceNotFound listing those there are
    """
    if not name:
        return voices.default
    if name in voices:
        return voices.find(name)
    for candidate in VOICES.get(name.lower(), ()):
        if candidate in voices:
            return voices.find(candidate)
    if name.lower() in VOICES or _HOSTED_ID.fullmatch(name):
        return voices.default
    try:
        return voices.find(name)  # it may have been made since
    except VoiceNotFound as exc:
        raise VoiceNotFound(name, [*exc.available, *VOICES]) from None
