"""The available voices, by id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from makima.errors import ConfigError, VoiceNotFound


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice as callers see it. `gender` is `female` or `male` where it is known.

    Units: duration_ms is the length of the reference recording, None for a voice that has none.
    """

    id: str
    name: str
    language: str
    description: str
    engine: str
    cloned: bool = False
    duration_ms: int | None = None
    gender: str | None = None


class VoiceCatalog:
    """The available voices and the default one. `source` lists them again, so that voices added later are found.

    `mixed` gives the voice of an id that describes a mix, which no list can hold.

    Raises: ConfigError where `default_id` is not among them
    """

    def __init__(
        self,
        voices: Iterable[Voice],
        default_id: str,
        source: Callable[[], Iterable[Voice]] | None = None,
        mixed: Callable[[str], Voice | None] = lambda _: None,
    ) -> None:
        self._voices = {voice.id: voice for voice in voices}
        self._source = source
        self._mixed = mixed
        if default_id not in self._voices and (mix := mixed(default_id)) is not None:
            self._voices[default_id] = mix
        if default_id not in self._voices:
            raise ConfigError(
                "TTS_DEFAULT_VOICE",
                f"There is no voice {default_id!r}.",
                mend=f"Take one of: {', '.join(self._voices)}.",
            )
        self._default = self._voices[default_id]

    @property
    def default(self) -> Voice:
        return self._default

    def refresh(self) -> None:
        """List the voices again. The default voice stays even if it has been deleted. Raises: what the source raises"""
        if self._source is not None:
            self._voices = {voice.id: voice for voice in self._source()}
            self._default = self._voices.setdefault(self._default.id, self._default)

    def __iter__(self) -> Iterator[Voice]:
        return iter(self._voices.values())

    def __contains__(self, voice_id: object) -> bool:
        return voice_id in self._voices

    def find(self, voice_id: str | None) -> Voice:
        """The voice with this id, or the default for None. For an unknown id the voices are listed once more.

        Raises: VoiceNotFound with the ids that exist
        """
        if voice_id is None:
            return self.default
        if voice_id not in self._voices:
            self.refresh()
        voice = self._voices.get(voice_id) or self._mixed(voice_id)
        if voice is None:
            raise VoiceNotFound(voice_id, list(self._voices))
        return voice
