"""Who speaks: the voices whose files are on this machine, and mixes of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from makima import installation
from makima.errors import VoiceNotFound
from makima.models.assets.asset import Asset
from makima.models.assets.bundles import DEFAULT_STYLE, KOKORO, NATIVE_STYLES
from makima.models.assets.store import AssetStore
from makima.models.kokoro.styles import mixed, parse_mix, read_style
from makima.voices.catalog import Voice
from makima.voices.manifest import find_voice, read_voices

DEFAULT_VOICE: Final = "makima"
ENGLISH_SHARE: Final = 0.5
NATIVE_SHARE: Final = 0.85
"""Of the other voice in Makima's mixes, in English and elsewhere; docs/decisions/0064-kokoro.md has the figures."""
OTHERS: Final = "kokoro-voices"

_LANGUAGES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "a": ("English", "American English"),
        "b": ("English", "British English"),
        "e": ("Spanish", "Spanish"),
        "f": ("French", "French"),
        "h": ("English", "Hindi"),
        "i": ("Italian", "Italian"),
        "j": ("Japanese", "Japanese"),
        "p": ("Portuguese", "Brazilian Portuguese"),
        "z": ("Chinese", "Mandarin Chinese"),
    }
)
_GENDERS: Final = {"f": "female", "m": "male"}


@dataclass(frozen=True, slots=True)
class Speaker:
    """A voice that is ready to speak. Shapes: style [510, 256]"""

    style: NDArray[np.float32]
    british: bool
    male: bool
    by_language: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    def style_for(self, language: str) -> NDArray[np.float32]:
        """The style it speaks a language in."""
        return self.by_language.get(language, self.style)


class KokoroVoices:
    """The voices in a store, and mixes of them that are kept by names below `mixes`. Callable from any thread."""

    def __init__(self, store: AssetStore, files: Mapping[str, Asset], mixes: Path | None = None) -> None:
        self._store = store
        self._mixes = mixes
        self._files = files
        self._lock = threading.Lock()
        self._styles: dict[str, NDArray[np.float32]] = {}

    def voices(self) -> Sequence[Voice]:
        """Those whose files are here, and the default one in any case, once."""
        here = [voice_id for voice_id in self._files if voice_id != DEFAULT_STYLE and self._file(voice_id) is not None]
        makima = Voice(
            DEFAULT_VOICE, "Makima", "English", "Female, Japanese, speaks all languages", "kokoro", gender="female"
        )
        described = {voice_id: _described(voice_id) for voice_id in here}
        return (makima, *described.values(), *(voice for voice in self._kept() if voice.id not in described))

    def _kept(self) -> Iterator[Voice]:
        """The mixes that have names, where all of their voices are here."""
        for kept in read_voices(self._mixes) if self._mixes is not None else ():
            mix = self.mix(kept.manifest.mix) if kept.manifest.mix is not None else None
            if mix is not None and kept.id != DEFAULT_VOICE:
                description = kept.manifest.description or f"A mix: {mix.name}"
                yield replace(mix, id=kept.id, name=kept.manifest.name, description=description)

    def mix(self, voice_id: str) -> Voice | None:
        """The voice of an id such as `af_heart:0.6+jf_tebukuro:0.4`; None for no mix of voices that are here."""
        parts = parse_mix(voice_id)
        if parts is None or len(parts) < 2 or any(self._file(voice) is None for voice in parts):
            return None
        names = " and ".join(f"{_named(voice)} ({weight:.0%})" for voice, weight in parts.items())
        first = max(parts, key=parts.__getitem__)
        language = "English" if first == DEFAULT_VOICE else _described(first).language
        genders = {"f" if voice == DEFAULT_VOICE else voice[1] for voice in parts}
        gender = _GENDERS[genders.pop()] if len(genders) == 1 else None
        return Voice(voice_id, names, language, "A mix of voices", "kokoro", gender=gender)

    def speaker(self, voice_id: str) -> Speaker:
        """The voice of an id, or the mix that an id describes.

        Raises: VoiceNotFound, naming the command that fetches more; AssetError where a file cannot be read
        """
        parts = parse_mix(voice_id) or parse_mix(self._mix_of(voice_id) or "")
        if parts is None or any(self._file(voice) is None for voice in parts):
            raise self._not_found(voice_id)
        styles = {voice: self._style(voice) for voice in parts}
        first = max(parts, key=parts.__getitem__)
        style_id = DEFAULT_STYLE if first == DEFAULT_VOICE else first
        by_language = self._in_languages() if tuple(parts) == (DEFAULT_VOICE,) else {}
        return Speaker(mixed(parts, styles), style_id[0] == "b", style_id[1] == "m", by_language)

    def _mix_of(self, voice_id: str) -> str | None:
        """The mix that is kept by this name."""
        kept = find_voice(self._mixes, voice_id) if self._mixes is not None else None
        return kept.manifest.mix if kept is not None else None

    def _in_languages(self) -> Mapping[str, NDArray[np.float32]]:
        """Makima in the languages that she speaks mixed with another voice, where that one is here."""
        found = {}
        for language, native in NATIVE_STYLES.items():
            if self._file(native) is not None:
                share = ENGLISH_SHARE if language == "English" else NATIVE_SHARE
                parts = {native: share, DEFAULT_VOICE: 1 - share}
                found[language] = mixed(parts, {voice: self._style(voice) for voice in parts})
        return found

    def _not_found(self, voice_id: str) -> VoiceNotFound:
        parts = parse_mix(voice_id) or {}
        known = bool(parts) and all(voice == DEFAULT_VOICE or voice in self._files for voice in parts)
        mend = installation.run(f"models pull {OTHERS}") if known else None
        return VoiceNotFound(voice_id, [voice.id for voice in self.voices()], mend=mend)

    def _file(self, voice_id: str) -> object | None:
        style_id = DEFAULT_STYLE if voice_id == DEFAULT_VOICE else voice_id
        return self._store.find(self._files[style_id]) if style_id in self._files else None

    def _style(self, voice_id: str) -> NDArray[np.float32]:
        style_id = DEFAULT_STYLE if voice_id == DEFAULT_VOICE else voice_id
        with self._lock:
            if style_id not in self._styles:
                self._styles[style_id] = read_style(self._store.require(self._files[style_id], KOKORO))
            return self._styles[style_id]


def _named(voice_id: str) -> str:
    return "Makima" if voice_id == DEFAULT_VOICE else voice_id.partition("_")[2].capitalize()


def _described(voice_id: str) -> Voice:
    language, accent = _LANGUAGES[voice_id[0]]
    gender = _GENDERS[voice_id[1]]
    about = f"{gender.capitalize()}, {accent}"
    return Voice(voice_id, _named(voice_id), language, about, "kokoro", gender=gender)
