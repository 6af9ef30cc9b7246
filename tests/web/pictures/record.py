"""What each picture of the documentation shows, and which state of the pages it was taken of."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from makima.server.http.pages import WEB

DOCS = Path(__file__).parents[3] / "docs"
RECORD = DOCS / "pictures.json"

PICTURES = {"speak.png": "speak", "listen.png": "converse", "voices.png": "voices"}
"""The folder of the page that each picture shows."""

_SHARED = ("shell", "parts", "audio", "reading")
_KINDS = {".html", ".css", ".js"}


def state_of(picture: str) -> str:
    """A SHA-256 of what `picture` is made of: the frame, what pages share, and the page's own folder."""
    folders = (*_SHARED, PICTURES[picture])
    files = [path for folder in folders for path in (WEB / folder).rglob("*") if path.suffix in _KINDS]
    digest = hashlib.sha256()
    for path in sorted([WEB / "index.html", *files]):
        digest.update(path.relative_to(WEB).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def recorded() -> dict[str, str]:
    """The states that the pictures were taken of, by their names."""
    found: dict[str, str] = json.loads(RECORD.read_text("utf-8"))
    return found


def write(pictures: list[str]) -> None:
    """Record that `pictures` were taken now."""
    known = recorded() if RECORD.is_file() else {}
    known.update({picture: state_of(picture) for picture in pictures})
    RECORD.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", "utf-8")
