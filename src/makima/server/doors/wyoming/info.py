"""What the server says of itself to Home Assistant: its voices and its recogniser."""

from __future__ import annotations

from wyoming.event import Event
from wyoming.info import AsrModel, AsrProgram, Attribution, Info, TtsProgram, TtsVoice

from makima import __version__
from makima.server.services import Services
from makima.text.language import AUTO, CODES

NAME = "Makima"
"""The service's name. Home Assistant ties its settings to it, so it does not name the engine."""

_ATTRIBUTION = Attribution(name="Makima", url="https://pypi.org/project/makima-speech/")


def info(services: Services) -> Event:
    """The `info` event: built each time, as voices are added while the server runs."""
    engine = services.host.engine
    spoken = _tags(engine.capabilities.languages)
    voices = [
        TtsVoice(
            name=voice.id,
            description=voice.name,
            attribution=_ATTRIBUTION,
            installed=True,
            version=__version__,
            # The voice's own language first: Home Assistant shows a voice under each.
            languages=sorted(spoken, key=lambda tag: tag != CODES.get(voice.language)),
        )
        for voice in sorted(services.voices, key=lambda voice: voice.id != services.voices.default.id)
    ]
    speaks = TtsProgram(
        name=NAME,
        description=f"Speech by {engine.name}",
        attribution=_ATTRIBUTION,
        installed=True,
        version=__version__,
        voices=voices,
        supports_synthesize_streaming=True,
    )
    return Info(tts=[speaks], asr=_hears(services)).event()


def _hears(services: Services) -> list[AsrProgram]:
    if services.recognition is None:
        return []
    recognizer = services.recognition.recognizer
    model = AsrModel(
        name=recognizer.name,
        description=recognizer.capabilities.model,
        attribution=_ATTRIBUTION,
        installed=True,
        version=__version__,
        languages=_tags(recognizer.capabilities.languages),
    )
    return [
        AsrProgram(
            name=NAME,
            description=f"Recognition by {recognizer.name}",
            attribution=_ATTRIBUTION,
            installed=True,
            version=__version__,
            models=[model],
        )
    ]


def _tags(languages: tuple[str, ...]) -> list[str]:
    return [CODES[language] for language in languages if language != AUTO and language in CODES]
