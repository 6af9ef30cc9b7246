"""What each key has used, day by day: kept in memory for a moment, then in the file with the keys."""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from makima.errors import AssetError
from makima.server.access.keys import FILE, access_file

log = logging.getLogger(__name__)

FLUSH_S: Final = 5.0
"""How long figures may wait before they are written."""


@dataclass(slots=True)
class Used:
    """What was used."""

    utterances: int = 0
    characters: int = 0
    audio_s: float = 0.0


@dataclass(frozen=True, slots=True)
class UsageRow:
    """What one subject used on one day (UTC)."""

    day: str
    subject: str
    utterances: int
    characters: int
    audio_s: float

    def wire(self) -> dict[str, object]:
        """The row as JSON."""
        return {
            "day": self.day,
            "subject": self.subject,
            "utterances": self.utterances,
            "characters": self.characters,
            "audioSeconds": round(self.audio_s, 3),
        }


class UsageLog:
    """Adds up what subjects use. From any thread. Requests without a subject are not counted."""

    def __init__(self, folder: Path) -> None:
        self._path = folder.expanduser() / FILE
        self._lock = threading.Lock()
        self._waiting: dict[tuple[str, str], Used] = defaultdict(Used)
        self._written_s = time.monotonic()

    def add(self, subject: str | None, *, utterances: int = 0, characters: int = 0, audio_s: float = 0.0) -> None:
        """Count this for `subject`, today."""
        if subject is None:
            return
        with self._lock:
            used = self._waiting[_today(), subject]
            used.utterances += utterances
            used.characters += characters
            used.audio_s += audio_s
            due = time.monotonic() - self._written_s > FLUSH_S
        if due:
            self.flush()

    def flush(self) -> None:
        """Write what waits. Figures that cannot be written are kept for the next time."""
        with self._lock:
            self._written_s = time.monotonic()
            waiting = dict(self._waiting)
            if not waiting:
                return
            rows = [(*key, used.utterances, used.characters, used.audio_s) for key, used in waiting.items()]
            try:
                with access_file(self._path) as database:
                    database.executemany(
                        "insert into usage values (?, ?, ?, ?, ?) on conflict (day, subject) do update set"
                        " utterances = utterances + excluded.utterances, characters = characters + excluded.characters,"
                        " audio_s = audio_s + excluded.audio_s",
                        rows,
                    )
            except AssetError as exc:
                log.warning("usage is not written: %s", exc)
                return
            self._waiting.clear()

    def rows(self, subject: str | None = None, since: str = "") -> list[UsageRow]:
        """What was used, the newest day first; of one `subject`, or of all. `since` is a day such as 2026-11-30."""
        self.flush()
        if not self._path.exists():
            return []
        with access_file(self._path) as database:
            found = database.execute(
                "select day, subject, utterances, characters, audio_s from usage"
                " where (? is null or subject = ?) and day >= ? order by day desc, subject",
                (subject, subject, since),
            ).fetchall()
        return [UsageRow(*row) for row in found]


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
