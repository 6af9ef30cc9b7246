"""What the worker asks of the jobs, and what it writes down of them. The state a user sets goes before its own."""

from __future__ import annotations

import time
from typing import Final

from makima.jobs.job import RUNNABLE, Job, State, Step
from makima.jobs.store import JobStore
from makima.jobs.words import StepWords, packed

_ACTIVE: Final = ("running", "encoding", "paused")
"""A step that is complete is recorded also where the job was paused meanwhile, so that it is not said again."""


class Progress:
    """The worker's side of a `JobStore`.

    Raises: AssetError, from every method
    """

    def __init__(self, store: JobStore) -> None:
        self.store = store

    def recover(self) -> None:
        """Put those that a process has left in the middle back in the line."""
        with self.store.database.transaction() as database:
            database.execute(
                "update jobs set state = ?, revision = revision + 1 where state in (?, ?)",
                (State.QUEUED, State.RUNNING, State.ENCODING),
            )

    def take(self) -> Job | None:
        """The job whose turn it is: of those that can go on, the one that has had none for the longest time."""
        marks = ", ".join("?" * len(RUNNABLE))
        with self.store.database.transaction() as database:
            row = database.execute(
                f"select id from jobs where state in ({marks}) order by served_s, created_s, id limit 1", RUNNABLE
            ).fetchone()
            if row is None:
                return None
            database.execute(
                "update jobs set state = ?, served_s = ?, updated_s = ?, revision = revision + 1 where id = ?",
                (State.RUNNING, time.time(), time.time(), row["id"]),
            )
        return self.store.get(row["id"])

    def runs(self, job_id: str) -> bool:
        """Whether the job is still to go on."""
        with self.store.database.reading() as database:
            row = database.execute("select state from jobs where id = ?", (job_id,)).fetchone()
        return row is not None and row["state"] in RUNNABLE

    def next_step(self, job_id: str) -> Step | None:
        """The first step that is not spoken yet, and where in its chapter it begins."""
        with self.store.database.reading() as database:
            row = database.execute(
                "select number, chapter, text, pause_ms from steps where job = ? and samples is null"
                " order by number limit 1",
                (job_id,),
            ).fetchone()
            if row is None:
                return None
            (offset,) = database.execute(
                "select coalesce(sum(samples), 0) from steps where job = ? and chapter = ?", (job_id, row["chapter"])
            ).fetchone()
        return Step(row["number"], row["chapter"], row["text"], row["pause_ms"], offset)

    def spoken(self, job_id: str, step: Step, samples: int, words: StepWords, took_s: float) -> bool:
        """Record a step whose sound is on the disk. False where the job is over or gone, and then nothing is."""
        marks = ", ".join("?" * len(_ACTIVE))
        with self.store.database.transaction() as database:
            done = database.execute(
                "update jobs set steps_done = steps_done + 1, characters_done = characters_done + ?,"
                " samples = samples + ?, spoken_s = spoken_s + ?, revision = revision + 1, updated_s = ?"
                f" where id = ? and state in ({marks})",
                (len(step.text), samples, took_s, time.time(), job_id, *_ACTIVE),
            )
            if done.rowcount:
                database.execute(
                    "update steps set samples = ?, words = ? where job = ? and number = ?",
                    (samples, packed(words), job_id, step.number),
                )
        return bool(done.rowcount)

    def forget_chapter(self, job_id: str, chapter: int) -> None:
        """Have a chapter spoken again, because its sound is gone."""
        with self.store.database.transaction() as database:
            database.execute(
                "update jobs set (steps_done, characters_done, samples) = (select steps_done - count(*),"
                " characters_done - coalesce(sum(length(s.text)), 0), jobs.samples - coalesce(sum(s.samples), 0)"
                " from steps s where s.job = jobs.id and s.chapter = ? and s.samples is not null),"
                " revision = revision + 1 where id = ?",
                (chapter, job_id),
            )
            database.execute(
                "update steps set samples = null, words = null where job = ? and chapter = ?", (job_id, chapter)
            )

    def encoding(self, job_id: str, share: float) -> bool:
        """Note how much of the file is written. False where the job was held, or is gone."""
        with self.store.database.transaction() as database:
            done = database.execute(
                "update jobs set state = ?, encoded = ?, revision = revision + 1, updated_s = ?"
                " where id = ? and state in (?, ?)",
                (State.ENCODING, share, time.time(), job_id, State.RUNNING, State.ENCODING),
            )
        return bool(done.rowcount)

    def finish(self, job_id: str) -> bool:
        """Note that the files are there. False where the job was held, or is gone."""
        with self.store.database.transaction() as database:
            done = database.execute(
                "update jobs set state = ?, encoded = 1.0, revision = revision + 1, updated_s = ?"
                " where id = ? and state = ?",
                (State.DONE, time.time(), job_id, State.ENCODING),
            )
        return bool(done.rowcount)
