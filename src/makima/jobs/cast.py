"""Which voice each speaker of a script has: pure rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from makima.books.script import Script
from makima.voices.catalog import Voice, VoiceCatalog


@dataclass(frozen=True, slots=True)
class Part:
    """One line as it is to be spoken. `language` is as it was asked for, or None."""

    number: int
    speaker: str
    text: str
    voice: str
    language: str | None
    speed: float
    pause_ms: int


def parts_of(
    script: Script, voices: VoiceCatalog, chosen: Mapping[str, str] | None = None, language: str | None = None
) -> list[Part]:
    """The lines with their voices: the line's own, one of `chosen`, the speaker's, or one that no other speaker has.

    Raises: VoiceNotFound
    """
    given = {name: speaker.voice for name, speaker in script.speakers.items() if speaker.voice} | dict(chosen or {})
    cast = {name: voices.find(voice).id for name, voice in given.items()}
    speakers = list(dict.fromkeys(line.speaker for line in script.lines if line.voice is None))
    free = _free(voices, set(cast.values()), language)
    for place, name in enumerate(name for name in speakers if name not in cast):
        cast[name] = free[place % len(free)]
    return [
        Part(
            number,
            line.speaker,
            line.text,
            voices.find(line.voice).id if line.voice else cast[line.speaker],
            speaker.language if (speaker := script.speakers.get(line.speaker)) is not None else None,
            speaker.speed if speaker is not None else 1.0,
            script.pause_after(number),
        )
        for number, line in enumerate(script.lines)
    ]


def _free(voices: VoiceCatalog, taken: set[str], language: str | None) -> Sequence[str]:
    """The voices for speakers without one: the default voice, then those of its language, each once."""
    default = voices.default
    wanted = language or default.language
    others: list[Voice] = [voice for voice in voices if voice.id != default.id and voice.language == wanted]
    free = [voice.id for voice in (default, *others) if voice.id not in taken]
    return free or [default.id]
