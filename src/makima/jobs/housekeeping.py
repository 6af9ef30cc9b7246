"""One worker a folder, and the removal of what a killed process has left there."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from makima.jobs.job import State
from makima.jobs.sound import delete_sound
from makima.jobs.store import JobStore

LOCK: Final = "worker.lock"
ABANDONED_AFTER_S: Final = 3_600.0
"""A folder without a job may be that of one which another process is adding just now."""

_JOB_FOLDER = re.compile(r"[0-9a-f]{16}")


@contextmanager
def try_lock(folder: Path) -> Iterator[bool]:
    """Be the worker of this folder for the block; the value is False where another process is. A kill frees it."""
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def sweep(store: JobStore) -> None:
    """Delete the sound of jobs that are done, and folders that no job has."""
    jobs = {job.id: job for job in store.jobs()}
    for job in jobs.values():
        if job.state is State.DONE:
            delete_sound(store.folder_of(job.id), len(store.chapters(job.id)))
    for folder in store.folder.iterdir():
        if folder.name in jobs or not _JOB_FOLDER.fullmatch(folder.name) or not folder.is_dir():
            continue
        if time.time() - folder.stat().st_mtime > ABANDONED_AFTER_S:
            shutil.rmtree(folder, ignore_errors=True)
