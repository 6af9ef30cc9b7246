"""The SQLite file that jobs are kept in."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from makima.errors import AssetError

FILE: Final = "jobs.db"
BUSY_S: Final = 10.0

_SCHEMA: Final = """
create table if not exists jobs (
    id text primary key, owner text not null, title text not null, author text, form text not null,
    manner text not null, fingerprint text not null, rate_hz integer not null, state text not null, reason text,
    revision integer not null, created_s real not null, updated_s real not null, served_s real not null,
    characters integer not null, characters_done integer not null, steps integer not null, steps_done integer not null,
    samples integer not null, spoken_s real not null, encoded real not null
) strict;
create index if not exists jobs_of_owner on jobs (owner, created_s);
create table if not exists chapters (
    job text not null references jobs (id) on delete cascade, number integer not null, title text not null,
    primary key (job, number)
) strict, without rowid;
create table if not exists steps (
    job text not null references jobs (id) on delete cascade, number integer not null, chapter integer not null,
    text text not null, pause_ms integer not null, samples integer, words text,
    primary key (job, number)
) strict;
create index if not exists steps_to_speak on steps (job, number) where samples is null;
create index if not exists steps_of_chapter on steps (job, chapter);
"""


class Database:
    """One connection, which threads use in turn. Every block is a transaction.

    Raises: AssetError, also from `transaction`
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._lock = threading.RLock()
        with self._foreseen():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._connection = sqlite3.connect(self._path, timeout=BUSY_S, check_same_thread=False)
            self._connection.row_factory = sqlite3.Row
            # Readers are not held up by the worker, and a killed process leaves whole transactions.
            self._connection.execute("pragma journal_mode = wal")
            self._connection.execute("pragma synchronous = full")
            self._connection.execute("pragma foreign_keys = on")
            self._connection.executescript(_SCHEMA)
            self._path.chmod(0o600)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The connection, in a transaction that ends with the block."""
        with self._lock, self._foreseen(), self._connection:
            self._connection.execute("begin immediate")
            yield self._connection

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, to read only."""
        with self._lock, self._foreseen():
            yield self._connection

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def _foreseen(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.DatabaseError, OSError) as exc:
            raise AssetError(
                str(self._path), f"Jobs cannot be read or written: {exc}.", mend="Is there room on the disk?"
            ) from exc
