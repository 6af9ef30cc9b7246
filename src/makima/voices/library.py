"""The library of cloned voices: adds, finds and deletes them for the pages, the HTTP routes and the commands."""

from __future__ import annotations

import hashlib
import logging
import re
import threading
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

from makima.errors import AssetError, InvalidMessage, VoiceNotFound
from makima.text.language import AUTO, spoken_language
from makima.voices.consent import Consent
from makima.voices.manifest import (
    MANIFEST,
    REFERENCE,
    TRANSCRIPT,
    ClonedVoice,
    Manifest,
    Origin,
    find_voice,
    is_slug,
    read_voices,
)
from makima.voices.recording import Recording, require_useful
from makima.voices.remote import RemoteStore
from makima.voices.store import FolderStore, VoiceStore

log = logging.getLogger(__name__)

DEFAULT_ID: Final = "makima"
"""The default voice's id. A new voice never gets it from its name, only when it is named explicitly."""

_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SEEN: Final = frozenset(("Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No", "Pc", "Pd", "Po", "Sc", "Sk", "Sm", "So"))
_SPELLED: Final = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i"})
"""Letters that no decomposition brings to ASCII; `ß` is folded to `ss`."""

MAX_TRANSCRIPT_CHARACTERS: Final = 2_000
"""Twice what the fastest speech has in 30 s."""

WITHOUT_TRANSCRIPT: Final = (
    "Without a transcript the voice is cloned by its vector alone: the timbre is kept; pace, melody and accent are not."
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A voice to be added. `consent` may be missing only where `origin` says that the recording is synthesized."""

    name: str
    recording: Recording
    language: str = "English"
    transcript: str | None = None
    description: str = ""
    consent: Consent | None = None
    origin: Origin | None = None


class Library:
    """The voices in one store. Callable from any thread."""

    def __init__(self, store: VoiceStore) -> None:
        self._store = store
        self._making = threading.Lock()
        self.refresh()

    @property
    def folder(self) -> Path:
        """Where engines read the voices."""
        return self._store.folder

    def refresh(self) -> None:
        """Load changes made by other processes. If that fails, the voices loaded before stay available."""
        try:
            self._store.refresh()
        except AssetError as exc:
            log.warning("the voices cannot be brought up to date: %s", exc)

    def voices(self) -> list[ClonedVoice]:
        """All voices that can be read."""
        return read_voices(self.folder)

    def find(self, voice_id: str) -> ClonedVoice:
        """The voice with this id. Raises: VoiceNotFound; AssetError where it cannot be read"""
        voice = find_voice(self.folder, voice_id)
        if voice is None:
            raise VoiceNotFound(voice_id, [known.id for known in self.voices()])
        return voice

    def add(self, draft: Draft, voice_id: str | None = None, *, replace: bool = False) -> ClonedVoice:
        """Add a voice. Without `voice_id`, the id is derived from its name.

        Raises: InvalidAudio where the recording cannot be used; InvalidMessage for other invalid fields; AssetError
        """
        require_useful(draft.recording)
        files = self._files(draft)
        with self._making:
            self._store.refresh()  # another process may have taken the id
            chosen = voice_id or self._free_id(draft.name)
            self._store.put(chosen, files, replace=replace)
        return self.find(chosen)

    def add_mix(self, mix: str, name: str, description: str = "", *, replace: bool = False) -> ClonedVoice:
        """Keep a mix of voices by a name; the id is derived from it. With `replace` the mix of that id is replaced.

        Raises: InvalidMessage for invalid fields; AssetError
        """
        name = _checked_name(name)
        manifest = Manifest(
            name=name,
            description=_cleaned("description", description)[:500],
            created=datetime.now(UTC).replace(microsecond=0),
            mix=mix,
        )
        slug = slug_of(name)
        with self._making:
            self._store.refresh()
            present = find_voice(self.folder, slug)
            replaced = replace and present is not None and present.manifest.mix is not None
            chosen = slug if replaced else self._free_id(name)
            self._store.put(chosen, {MANIFEST: manifest.encoded()}, replace=replaced)
        return self.find(chosen)

    def remove(self, voice_id: str) -> None:
        """Delete a voice, even one that cannot be read. Raises: VoiceNotFound; AssetError"""
        if not is_slug(voice_id) or not self._store.remove(voice_id):
            raise VoiceNotFound(voice_id, [known.id for known in self.voices()])

    def _files(self, draft: Draft) -> dict[str, bytes]:
        if draft.consent is None and draft.origin is None:
            raise InvalidMessage("consent: a voice is cloned only with a statement of consent.")
        name = _checked_name(draft.name)
        language = spoken_language(draft.language)
        if language == AUTO:
            raise InvalidMessage("language: say which one is spoken in the recording.")
        transcript = _cleaned("transcript", draft.transcript or "")
        if len(transcript) > MAX_TRANSCRIPT_CHARACTERS:
            raise InvalidMessage(f"transcript: at most {MAX_TRANSCRIPT_CHARACTERS:,} characters are taken.")
        manifest = Manifest(
            name=name,
            language=language,
            description=_cleaned("description", draft.description)[:500],
            created=draft.consent.when if draft.consent else datetime.now(UTC).replace(microsecond=0),
            consent=draft.consent,
            origin=draft.origin,
        )
        files = {REFERENCE: draft.recording.as_wav(synthetic=draft.origin is not None)}
        if transcript:
            files[TRANSCRIPT] = f"{transcript}\n".encode()
        return {**files, MANIFEST: manifest.encoded()}

    def _free_id(self, name: str) -> str:
        slug = slug_of(name)
        taken = {DEFAULT_ID, *(path.name for path in self.folder.iterdir())} if self.folder.is_dir() else {DEFAULT_ID}
        return next(one for number in range(1, len(taken) + 2) if (one := _numbered(slug, number)) not in taken)


def open_library(location: str | Path, cache: Path) -> Library:
    """The library in a folder, or at an fsspec URL with a mirror below `cache`.

    Raises: ConfigError for a URL of an unknown kind; AssetError where the package for it is not installed
    """
    if (folder := _folder_of(location)) is not None:
        return Library(FolderStore(folder))
    mirror = cache.expanduser() / "voices" / hashlib.sha256(str(location).encode()).hexdigest()[:16]
    return Library(RemoteStore(str(location), mirror))


def slug_of(name: str) -> str:
    """The id derived from a name: its ASCII letters and digits, accents removed; `voice` where there are none."""
    plain = (
        unicodedata.normalize("NFKD", name.casefold().translate(_SPELLED)).encode("ascii", "ignore").decode().lower()
    )
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:48].strip("-") or "voice"


def _numbered(slug: str, number: int) -> str:
    return slug if number == 1 else f"{slug}-{number}"


def _folder_of(location: str | Path) -> Path | None:
    """The folder at a path or a file URL, or None for a URL of another kind."""
    if isinstance(location, Path) or "://" not in location:
        return Path(location).expanduser()
    parts = urlsplit(location)
    return Path(url2pathname(parts.path)) if parts.scheme in ("file", "local") else None


def _checked_name(name: str) -> str:
    name = _cleaned("name", name)
    if not 1 <= len(name) <= 100:
        raise InvalidMessage("name: 1 to 100 characters are needed.")
    return name


def _cleaned(field: str, text: str) -> str:
    """The text on one line, without letters that cannot be seen.

    Raises: InvalidMessage for control characters, surrogates, and signs that turn the direction of what follows
    """
    said = " ".join(text.split())
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in said):
        raise InvalidMessage(f"{field}: control characters and halves of surrogate pairs are not taken.")
    if turned := next((character for character in said if character in _TURNING), None):
        raise InvalidMessage(
            f"{field}: U+{ord(turned):04X} turns the direction of what is written around it.", mend="Leave it out."
        )
    if not any(unicodedata.category(character) in _SEEN for character in said):
        return ""
    # The joiners are parts of emoji and of some scripts.
    return "".join(ch for ch in said if unicodedata.category(ch) != "Cf" or ch in "\u200c\u200d").strip()
