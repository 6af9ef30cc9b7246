"""The jobs of a server and their worker, which begins with the first job, or where jobs were left unfinished."""

from __future__ import annotations

import logging
import shutil
import threading
from typing import Final

from makima.books.book import Book
from makima.config import Settings
from makima.engines.protocol import Engine, Observer
from makima.errors import AssetError, CapacityError, MakimaError
from makima.jobs.database import FILE
from makima.jobs.job import OVER, BookFormat, Job, Manner, State
from makima.jobs.sound import SAMPLE_BYTES
from makima.jobs.speaking import job_rate_hz
from makima.jobs.store import JobStore
from makima.jobs.worker import MIN_FREE_BYTES, Worker
from makima.server.access.usage import UsageLog

log = logging.getLogger(__name__)

FOLDER: Final = "jobs"
MAX_JOBS: Final = 500
"""Of all keys together, so that lists stay short."""
STOP_S: Final = 10.0
RETRY_S: Final = 60.0

SLOW_CHARACTERS_PER_S: Final = 10.0
"""How slowly a text may be spoken, for an estimate of the room that its sound needs; 15 are usual."""


class JobService:
    """Jobs by key. Every method may block on the disk, but for `start`.

    Raises: AssetError where the folder of jobs cannot be used
    """

    def __init__(self, settings: Settings, engine: Engine, usage: UsageLog) -> None:
        self._folder = settings.data_dir.expanduser() / FOLDER
        self._most = settings.jobs_per_key
        self._most_bytes = int(settings.jobs_disk_gb * 1e9)
        self._engine = engine
        self._usage = usage
        self._lock, self._adding = threading.Lock(), threading.Lock()
        self._store: JobStore | None = None
        self._worker: Worker | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Go on with what was left unfinished. A folder that cannot be used is told in the log, and to who asks."""
        if (self._folder / FILE).exists():
            try:
                self.begun()
            except AssetError as exc:
                log.error("jobs: %s", exc)

    def begun(self) -> JobStore:
        """The jobs, with the worker running."""
        with self._lock:
            if self._store is None:
                self._store = JobStore(self._folder)
                self._worker = Worker(self._store, self._engine, Used(self._usage))
                self._thread = threading.Thread(target=self._worker.run, name="jobs", daemon=True)
                self._thread.start()
            return self._store

    def stop(self) -> None:
        """End the worker. What it was saying is said again by the next server."""
        with self._lock:
            store, worker, thread = self._store, self._worker, self._thread
        if store is None or worker is None or thread is None:
            return
        worker.stop()
        thread.join(STOP_S)
        if not thread.is_alive():
            store.close()

    def add(self, book: Book, manner: Manner, form: BookFormat, owner: str) -> Job:
        """A new job.

        Raises: CapacityError where its owner has too many, or there is no room on the disk
        """
        store = self.begun()
        with self._adding:
            self.check_room(owner)
            self._refuse_too_much(store, book)
            job = store.add(book, manner, form, job_rate_hz(self._engine), owner)
        self._wake()
        return job

    def pause(self, job: Job) -> Job:
        """Hold it. Raises: NotFound, WrongState"""
        moved = self.begun().pause(job.id)
        self._interrupt(job)
        return moved

    def resume(self, job: Job) -> Job:
        """Let it go on. Raises: NotFound, WrongState"""
        moved = self.begun().resume(job.id)
        self._wake()
        return moved

    def cancel(self, job: Job) -> Job:
        """End it, and delete its sound. Raises: NotFound, WrongState"""
        moved = self.begun().cancel(job.id)
        self._interrupt(job)
        return moved

    def delete(self, job: Job) -> None:
        """Delete it and all of its files."""
        self.begun().delete(job.id)
        self._interrupt(job)

    def check_room(self, owner: str) -> None:
        """Refuse before a file is read what would be refused after it.

        Raises: CapacityError
        """
        count = len(self.begun().jobs(owner))
        if self._most and count >= self._most:
            raise CapacityError(
                f"There are {count} jobs, which is as many as a key may have.",
                retry_after_s=RETRY_S,
                mend="Delete one that is done.",
            )

    def _refuse_too_much(self, store: JobStore, book: Book) -> None:
        jobs = store.jobs()
        if len(jobs) >= MAX_JOBS:
            raise CapacityError("The server has as many jobs as it takes.", retry_after_s=RETRY_S)
        needed = self._bytes(book.characters)
        kept = sum(self._bytes(job.characters) for job in jobs if job.state not in OVER)
        kept += sum(self._file_bytes(store, job) for job in jobs if job.state is State.DONE)
        written = sum(job.samples * SAMPLE_BYTES for job in jobs if job.state not in OVER)
        if self._most_bytes and kept + needed > self._most_bytes:
            raise CapacityError(
                f"Its sound may need {needed / 1e9:.1f} GB, and {max(0, self._most_bytes - kept) / 1e9:.1f} GB are left"
                " for jobs.",
                retry_after_s=RETRY_S,
                mend="Delete jobs that are done, or split the text.",
            )
        # Of what unfinished jobs will need, a part is on the disk already.
        if kept - written + needed > shutil.disk_usage(store.folder).free - MIN_FREE_BYTES:
            raise CapacityError("There is no room on the disk for its sound.", retry_after_s=RETRY_S)

    def _bytes(self, characters: int) -> int:
        return int(characters / SLOW_CHARACTERS_PER_S * job_rate_hz(self._engine) * SAMPLE_BYTES)

    @staticmethod
    def _file_bytes(store: JobStore, job: Job) -> int:
        try:
            return sum(path.stat().st_size for path in store.folder_of(job.id).iterdir())
        except OSError:  # it is being deleted
            return 0

    def _interrupt(self, job: Job) -> None:
        if self._worker is not None:
            self._worker.interrupt(job.id)

    def _wake(self) -> None:
        if self._worker is not None:
            self._worker.wake()


class Used:
    """Adds what jobs use to their owners' usage."""

    def __init__(self, usage: UsageLog) -> None:
        self._usage = usage

    def observer(self, owner: str) -> Observer | None:
        return _Step(self._usage, owner) if owner else None

    def spoken(self, owner: str, characters: int) -> None:
        self._usage.add(owner or None, utterances=1, characters=characters)


class _Step(Observer):
    """Counts the sound of a step. First audio is left out: a job waits behind everything else on purpose."""

    def __init__(self, usage: UsageLog, owner: str) -> None:
        self._usage, self._owner = usage, owner

    def ended(self, outcome: str, audio_s: float, error: MakimaError | None) -> None:
        self._usage.add(self._owner, audio_s=audio_s)
