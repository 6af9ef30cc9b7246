"""A voice in a folder: `manifest.json`, `reference.wav`, `transcript.txt`.

The voice is cloned from the recording; the transcript is what is said in it. Without a transcript the voice is cloned
by its speaker vector alone, which keeps the timbre but not pace, melody and accent.
"""

from __future__ import annotations

import logging
import re
import wave
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from makima.errors import AssetError
from makima.voices.catalog import Voice
from makima.voices.consent import Consent

log = logging.getLogger(__name__)

MANIFEST, REFERENCE, TRANSCRIPT = "manifest.json", "reference.wav", "transcript.txt"

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class Origin(BaseModel):
    """The origin of a synthesized reference: which model spoke which text, in which preset voice."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model: str
    speaker: str
    text: str


class Manifest(BaseModel):
    """The metadata of a voice. `mix` is the id of voices of the engine Kokoro that it is a mix of."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = Field(min_length=1, max_length=100)
    language: str = "English"
    description: str = ""
    created: datetime | None = None
    consent: Consent | None = None
    origin: Origin | None = None
    gender: str | None = None
    mix: str | None = None

    def encoded(self) -> bytes:
        """The manifest as the content of its file."""
        return (self.model_dump_json(indent=2, exclude_none=True) + "\n").encode()


@dataclass(frozen=True, slots=True)
class ClonedVoice:
    """The content of a voice's folder."""

    id: str
    folder: Path
    manifest: Manifest
    transcript: str | None

    @property
    def reference(self) -> Path | None:
        """The recording, or None where there is none yet."""
        path = self.folder / REFERENCE
        return path if path.is_file() else None

    def as_voice(self, engine: str) -> Voice:
        """The voice as callers see it."""
        return Voice(
            id=self.id,
            name=self.manifest.name,
            language=self.manifest.language,
            description=self.manifest.description,
            engine=engine,
            cloned=self.reference is not None,
            duration_ms=_duration_ms(self.reference) if self.reference else None,
            gender=self.manifest.gender,
        )


def is_slug(voice_id: str) -> bool:
    """Whether `voice_id` may name a folder: lower-case letters, digits, `-` and `_`."""
    return _SLUG.fullmatch(voice_id) is not None


def read_voice(folder: Path) -> ClonedVoice:
    """Read the voice in `folder`.

    Raises: AssetError naming the file that is missing or wrong
    """
    path = folder / MANIFEST
    try:
        manifest = Manifest.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as exc:
        raise AssetError(str(path), f"It cannot be read: {exc}.", mend="Put the file there.") from exc
    except ValidationError as exc:
        first = exc.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "manifest"
        raise AssetError(str(path), f"{field}: {first['msg']}.", mend="Mend that field.") from exc
    return ClonedVoice(folder.name, folder, manifest, _transcript(folder))


def find_voice(root: Path, voice_id: str) -> ClonedVoice | None:
    """The voice with this id below `root`, or None where there is none, or where the id cannot name a folder.

    Raises: AssetError where it cannot be read
    """
    return read_voice(root / voice_id) if has_voice(root, voice_id) else None


def has_voice(root: Path, voice_id: str) -> bool:
    """Whether there is a voice with this id below `root`, readable or not."""
    return is_slug(voice_id) and (root / voice_id / MANIFEST).is_file()


def read_voices(root: Path) -> list[ClonedVoice]:
    """Every readable voice below `root`, ordered by id; none where `root` is missing.

    Folders without a manifest are ignored. A voice that cannot be read is left out with a warning, so that one broken
    file does not make the others unavailable.
    """
    if not root.is_dir():
        return []
    folders = sorted(path for path in root.iterdir() if has_voice(root, path.name))
    found = []
    for folder in folders:
        try:
            found.append(read_voice(folder))
        except AssetError as exc:
            log.warning("a voice is left out: %s", exc)
    return found


def _transcript(folder: Path) -> str | None:
    path = folder / TRANSCRIPT
    try:
        return path.read_text(encoding="utf-8").strip() or None if path.exists() else None
    except (OSError, UnicodeDecodeError) as exc:
        raise AssetError(str(path), f"It cannot be read: {exc}.", mend="Save it as UTF-8 text.") from exc


def _duration_ms(path: Path) -> int | None:
    try:
        with wave.open(str(path), "rb") as file:
            return round(file.getnframes() * 1000 / file.getframerate())
    except (wave.Error, EOFError, OSError, RuntimeError, ZeroDivisionError):
        return None  # such as 32-bit float; an engine that cannot read the file either reports it
