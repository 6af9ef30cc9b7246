"""The jobs of one folder: made, listed, moved from state to state, and gone on with step by step."""

from __future__ import annotations

import json
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from makima.books.book import Book
from makima.errors import NotFound, WrongState
from makima.jobs.database import Database
from makima.jobs.job import RUNNABLE, UNFINISHED, BookFormat, ChapterProgress, Job, Manner, State
from makima.jobs.plan import steps_of
from makima.jobs.sound import sync_folder

COVER: Final = "cover"
_COLUMNS: Final = (
    "id, owner, title, author, form, manner, fingerprint, rate_hz, state, reason, revision, created_s, updated_s,"
    " characters, characters_done, steps, steps_done, samples, spoken_s, encoded"
)


class JobStore:
    """Jobs in a folder: `jobs.db`, and a folder for each job's sound and files. From any thread.

    Raises: AssetError where the folder cannot be used, from every method
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._database = Database(folder)

    def close(self) -> None:
        self._database.close()

    def folder_of(self, job_id: str) -> Path:
        """Where the sound and the files of a job are."""
        return self.folder / job_id

    def add(
        self, book: Book, manner: Manner, form: BookFormat, rate_hz: int, owner: str = "", fingerprint: str = ""
    ) -> Job:
        """A new job, which waits for its turn."""
        steps, job_id, now_s = steps_of(book), secrets.token_hex(8), time.time()
        folder = self.folder_of(job_id)
        folder.mkdir(mode=0o700)
        if book.cover is not None:
            (folder / COVER).write_bytes(book.cover.data)
        sync_folder(self.folder)
        characters = sum(len(step.text) for step in steps)
        row = (
            *(job_id, owner, book.title, book.author, form.value, json.dumps(asdict(manner)), fingerprint, rate_hz),
            *(State.QUEUED.value, None, 1, now_s, now_s, 0.0, characters, 0, len(steps), 0, 0, 0.0, 0.0),
        )
        with self._database.transaction() as database:
            database.execute(f"insert into jobs values ({', '.join('?' * len(row))})", row)
            database.executemany(
                "insert into chapters values (?, ?, ?)",
                [(job_id, number, chapter.title) for number, chapter in enumerate(book.chapters)],
            )
            database.executemany(
                "insert into steps values (?, ?, ?, ?, ?, null, null)",
                [(job_id, step.number, step.chapter, step.text, step.pause_ms) for step in steps],
            )
        return self.get(job_id)

    def get(self, job_id: str, owner: str | None = None) -> Job:
        """The job of this id; of this owner, where one is named.

        Raises: NotFound
        """
        with self._database.reading() as database:
            row = database.execute(f"select {_COLUMNS} from jobs where id = ?", (job_id,)).fetchone()
        if row is None or (owner is not None and row["owner"] != owner):
            raise NotFound(f"There is no job {job_id!r}.")
        return _job(row)

    def jobs(self, owner: str | None = None) -> list[Job]:
        """The jobs of one owner, or all; the newest first."""
        with self._database.reading() as database:
            rows = database.execute(
                f"select {_COLUMNS} from jobs where ? is null or owner = ? order by created_s desc, id", (owner, owner)
            ).fetchall()
        return [_job(row) for row in rows]

    def chapters(self, job_id: str) -> list[ChapterProgress]:
        """The chapters of a job, and how far each has come."""
        with self._database.reading() as database:
            rows = database.execute(
                "select c.number, c.title, total(length(s.text)), total(iif(s.samples is null, 0, length(s.text))),"
                " total(s.samples) from chapters c join steps s on s.job = c.job and s.chapter = c.number"
                " where c.job = ? group by c.number order by c.number",
                (job_id,),
            ).fetchall()
        return [ChapterProgress(row[0], row[1], int(row[2]), int(row[3]), int(row[4])) for row in rows]

    def spoken(self, job_id: str) -> Iterator[tuple[int, str, int, str]]:
        """The steps that are spoken, in order: chapter, text, samples, and its words as they were kept.

        Read a hundred at a time, so that a long book is never in memory as a whole.
        """
        last = -1
        while True:
            with self._database.reading() as database:
                rows = database.execute(
                    "select number, chapter, text, samples, words from steps"
                    " where job = ? and number > ? and samples is not null order by number limit 100",
                    (job_id, last),
                ).fetchall()
            if not rows:
                return
            for row in rows:
                last = row["number"]
                yield row["chapter"], row["text"], row["samples"], row["words"]

    def pause(self, job_id: str) -> Job:
        """Hold a job; what it is saying just now is said again later. No effect on one that is held already.

        Raises: NotFound; WrongState where it is over
        """
        return self._move(job_id, State.PAUSED, (*RUNNABLE, State.PAUSED))

    def resume(self, job_id: str) -> Job:
        """Let a job that was held, or has failed, go on. No effect on one that does.

        Raises: NotFound; WrongState where it is over
        """
        job = self.get(job_id)
        return job if job.state in RUNNABLE else self._move(job_id, State.QUEUED, (State.PAUSED, State.FAILED))

    def cancel(self, job_id: str) -> Job:
        """End a job and delete its sound. No effect on one that was cancelled.

        Raises: NotFound; WrongState where it is done
        """
        job = self._move(job_id, State.CANCELLED, (*UNFINISHED, State.CANCELLED))
        shutil.rmtree(self.folder_of(job_id), ignore_errors=True)
        return job

    def fail(self, job_id: str, reason: str) -> None:
        """Note why a job cannot go on. It keeps its sound, and can be resumed."""
        with self._database.transaction() as database:
            _set_state(database, job_id, State.FAILED, RUNNABLE, reason)

    def delete(self, job_id: str) -> None:
        """Delete a job, whatever it has come to, and all of its files. No effect where there is none."""
        with self._database.transaction() as database:
            database.execute("delete from jobs where id = ?", (job_id,))
        shutil.rmtree(self.folder_of(job_id), ignore_errors=True)

    def _move(self, job_id: str, to: State, allowed: Sequence[State]) -> Job:
        with self._database.transaction() as database:
            moved = _set_state(database, job_id, to, allowed)
        job = self.get(job_id)
        if not moved:
            raise WrongState(f"The job is {job.state}, and cannot become {to}.")
        return job

    @property
    def database(self) -> Database:
        """For `makima.jobs.progress`, which the worker writes by."""
        return self._database


def _set_state(database: Any, job_id: str, to: State, allowed: Sequence[State], reason: str | None = None) -> bool:
    marks = ", ".join("?" * len(allowed))
    done = database.execute(
        f"update jobs set state = ?, reason = ?, revision = revision + 1, updated_s = ?"
        f" where id = ? and state in ({marks})",
        (to.value, reason, time.time(), job_id, *allowed),
    )
    return bool(done.rowcount)


def _job(row: Any) -> Job:
    fields = dict(row)
    fields.update(form=BookFormat(row["form"]), manner=Manner(**json.loads(row["manner"])), state=State(row["state"]))
    return Job(**fields)
