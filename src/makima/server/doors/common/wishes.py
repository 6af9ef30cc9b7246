"""From the names that a client sends to a request the engine takes."""

from __future__ import annotations

from makima.engines.protocol import SpeechRequest
from makima.server.doors.common.aliases import find_voice
from makima.server.services import Services
from makima.text.language import AUTO, canonical


def request_of(
    services: Services, voice: str | None, language: str | None = None, seed: int | None = None
) -> SpeechRequest:
    """The request for this voice. A language that is not spoken here gives way to the voice's own.

    Raises: VoiceNotFound
    """
    found = find_voice(services.voices, voice)
    spoken = canonical(language) if language else None
    return SpeechRequest(found.id, spoken if spoken not in (None, AUTO) else found.language, seed)
