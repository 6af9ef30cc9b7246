"""From the names that a client sends to a request the engine takes."""

from __future__ import annotations

from collections.abc import Mapping

from makima.engines.protocol import SpeechRequest
from makima.server.doors.common.aliases import find_voice
from makima.server.services import Services
from makima.text.language import AUTO, canonical
from makima.text.pronunciations import from_mapping


def request_of(
    services: Services,
    voice: str | None,
    language: str | None = None,
    seed: int | None = None,
    *,
    session_id: str | None = None,
    pronunciations: Mapping[str, str] | None = None,
) -> SpeechRequest:
    """The request for this voice. A language that is not spoken here gives way to the voice's own.

    `session_id` names the connection: a text whose language does not show goes on in that of the one before.

    Raises: VoiceNotFound; InvalidMessage for a pronunciation that cannot be
    """
    found = find_voice(services.voices, voice)
    spoken = canonical(language) if language else None
    chosen = spoken if spoken not in (None, AUTO) else found.language
    words = from_mapping(pronunciations or {})
    return SpeechRequest(found.id, chosen, seed, pronunciations=words, session_id=session_id)
