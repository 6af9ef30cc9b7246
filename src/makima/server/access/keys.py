"""API keys: made, listed, revoked and checked. Only a hash of each is kept, so that the file gives none away."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hmac import compare_digest
from pathlib import Path
from typing import Final

from makima.errors import AssetError, ConfigError

PREFIX: Final = "mk"
FILE: Final = "access.db"
MAX_NAME_CHARACTERS: Final = 64

_ID_BYTES: Final = 5
_SECRET_BYTES: Final = 24
"""192 bits cannot be guessed, so a plain hash is as safe as a slow one, and as fast as each request needs it."""

_SCHEMA: Final = """
create table if not exists keys (
    id text primary key, name text not null unique, hash blob not null, created_s real not null, revoked_s real,
    utterances integer, characters integer, sessions integer
) strict;
create table if not exists usage (
    day text not null, subject text not null, utterances integer not null, characters integer not null,
    audio_s real not null, primary key (day, subject)
) strict;
"""


@dataclass(frozen=True, slots=True)
class KeyLimits:
    """What one key may ask for, where that differs from the settings: a minute, and sessions at once. 0 is no limit."""

    utterances: int | None = None
    characters: int | None = None
    sessions: int | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """One key, without its secret."""

    id: str
    name: str
    created_s: float
    revoked_s: float | None
    limits: KeyLimits

    @property
    def subject(self) -> str:
        """Who a request with this key comes from, for limits, conversations and usage."""
        return f"key {self.name}"


@contextlib.contextmanager
def access_file(path: Path) -> Iterator[sqlite3.Connection]:
    """The file with keys and usage, made where there is none.

    Raises: AssetError where it cannot be opened
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=5.0)
        try:
            if path.stat().st_mode & 0o077:
                path.chmod(0o600)
            connection.executescript(_SCHEMA)
            with connection:
                yield connection
        finally:
            connection.close()
    except (sqlite3.DatabaseError, OSError) as exc:
        raise AssetError(str(path), f"Keys cannot be read: {exc}.", mend="Set MAKIMA_DATA_DIR to a folder.") from exc


class KeyStore:
    """The keys in one file, which other processes may change at any time."""

    def __init__(self, folder: Path) -> None:
        self._path = folder.expanduser() / FILE
        self._in_use = False

    @property
    def in_use(self) -> bool:
        """Whether a key was ever made: from then on the server asks for one, also once all are revoked."""
        if not self._in_use and self._path.exists():
            with access_file(self._path) as database:
                self._in_use = database.execute("select 1 from keys limit 1").fetchone() is not None
        return self._in_use

    def add(self, name: str, limits: KeyLimits | None = None) -> tuple[Key, str]:
        """Make a key. The second value is the key itself, which cannot be shown again.

        Raises: ConfigError where the name is taken, empty or too long
        """
        name = name.strip()
        if not 0 < len(name) <= MAX_NAME_CHARACTERS or not name.isprintable():
            raise ConfigError("name", f"A name of 1 to {MAX_NAME_CHARACTERS} characters is needed.")
        limits = limits or KeyLimits()
        key_id = secrets.token_hex(_ID_BYTES)
        key = f"{PREFIX}_{key_id}_{secrets.token_urlsafe(_SECRET_BYTES)}"
        made = Key(key_id, name, time.time(), None, limits)
        row = (made.id, name, _hash(key), made.created_s, limits.utterances, limits.characters, limits.sessions)
        try:
            with access_file(self._path) as database:
                database.execute("insert into keys values (?, ?, ?, ?, null, ?, ?, ?)", row)
        except AssetError as exc:
            if isinstance(exc.__cause__, sqlite3.IntegrityError):
                raise ConfigError("name", f"There is a key {name!r} already.", mend="Choose another name.") from exc
            raise
        return made, key

    def list(self) -> list[Key]:
        """All keys, the oldest first; revoked ones too."""
        if not self._path.exists():
            return []
        with access_file(self._path) as database:
            rows = database.execute(_SELECT + " order by created_s").fetchall()
        return [_key(row[:-1]) for row in rows]

    def revoke(self, name: str) -> Key:
        """Refuse the key of this name or id from now on.

        Raises: ConfigError where there is none
        """
        found = next((key for key in self.list() if name in (key.name, key.id)), None)
        if found is None or found.revoked_s is not None:
            known = ", ".join(key.name for key in self.list() if key.revoked_s is None) or "none"
            raise ConfigError("name", f"There is no key {name!r} in use.", mend=f"In use: {known}.")
        with access_file(self._path) as database:
            database.execute("update keys set revoked_s = ? where id = ?", (time.time(), found.id))
        return found

    def find(self, key: str) -> Key | None:
        """Whose key this is; None where it is none, or revoked."""
        prefix, _, rest = key.partition("_")
        key_id, _, secret = rest.partition("_")
        # All keys are ASCII, and half of a surrogate pair cannot be looked up.
        if prefix != PREFIX or not secret or not key.isascii() or not self._path.exists():
            return None
        with access_file(self._path) as database:
            row = database.execute(_SELECT + " where id = ?", (key_id,)).fetchone()
        if row is None or not compare_digest(row[-1], _hash(key)):
            return None
        found = _key(row[:-1])
        return found if found.revoked_s is None else None


_SELECT: Final = "select id, name, created_s, revoked_s, utterances, characters, sessions, hash from keys"


def _key(row: tuple[str, str, float, float | None, int | None, int | None, int | None]) -> Key:
    return Key(row[0], row[1], row[2], row[3], KeyLimits(*row[4:7]))


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


def is_key(token: str) -> bool:
    """Whether this looks like a key, and not like a token of another kind."""
    return token.startswith(f"{PREFIX}_")
