"""The one worker of a folder of jobs: speaks them step by step, each step durably, and writes their files."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Final, Protocol

from makima.engines.protocol import Engine, Observer
from makima.errors import AssetError, CapacityError, EngineError, MakimaError
from makima.jobs.files.writing import write_files
from makima.jobs.housekeeping import sweep, try_lock
from makima.jobs.job import Job, Step
from makima.jobs.progress import Progress
from makima.jobs.sound import SoundLost, StepSound, chapter_path, delete_sound
from makima.jobs.speaking import Interrupted, StepSpeech
from makima.jobs.store import JobStore

log = logging.getLogger(__name__)

SLICE_S: Final = 30.0
"""How long one job is worked on before another that waits has its turn."""
MIN_FREE_BYTES: Final = 256 * 1024 * 1024
"""What is left free on the disk, for voices, keys and everything else that is kept there."""
ATTEMPTS: Final = 3
"""How often a step is tried that the engine fails on."""
RETRY_S: Final = (1.0, 5.0)
MAX_WAIT_S: Final = 30.0
NICE: Final = 10
TOLD_EVERY_S: Final = 1.0


class Counted(Protocol):
    """What is told of what a job's owner uses."""

    def observer(self, owner: str) -> Observer | None:
        """What is told of one step."""

    def spoken(self, owner: str, characters: int) -> None:
        """A step of this many characters is spoken."""


class Uncounted:
    """For the command line, where nothing is counted."""

    def observer(self, owner: str) -> Observer | None:
        return None

    def spoken(self, owner: str, characters: int) -> None:
        pass


class Worker:
    """Works on jobs in the thread that calls `run` or `work_on`. `stop` and `interrupt` come from other threads."""

    def __init__(self, store: JobStore, engine: Engine, counted: Counted | None = None) -> None:
        self._store = store
        self._progress = Progress(store)
        self._engine = engine
        self._counted = counted or Uncounted()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._current: tuple[str, StepSpeech] | None = None

    def stop(self) -> None:
        """End `run` at the engine's next step; what was being said is said again when the job goes on."""
        self._stopping.set()
        self._wake.set()
        with self._lock:
            current = self._current
        if current is not None:
            current[1].cancel()

    def interrupt(self, job_id: str) -> None:
        """Leave the step of this job, as it was held or is over."""
        with self._lock:
            current = self._current
        if current is not None and current[0] == job_id:
            current[1].cancel()

    def wake(self) -> None:
        """Look for jobs now: one was added, or may go on."""
        self._wake.set()

    def run(self, poll_s: float = 2.0) -> None:
        """Work until `stop`. Other processes may add jobs, so they are looked for every `poll_s`.

        Where another process works in this folder, this one waits until that has ended.
        """
        lower_priority()
        while not self._stopping.is_set():
            with try_lock(self._store.folder) as locked:
                if locked:
                    self._run_locked(poll_s)
                    return
            self._stopping.wait(poll_s)

    def _run_locked(self, poll_s: float) -> None:
        clean = False
        while not self._stopping.is_set():
            try:
                if not clean:
                    self._progress.recover()
                    sweep(self._store)
                    clean = True
                job = self._progress.take()
                if job is not None:
                    self.work_on(job, SLICE_S)
                    continue
            except AssetError as exc:
                log.error("jobs: %s", exc)
            except Exception:
                log.exception("jobs: the worker failed")
                self._stopping.wait(MAX_WAIT_S)
            self._wake.wait(poll_s)
            self._wake.clear()

    def work_on(self, job: Job, at_most_s: float | None = None, told: Callable[[], None] | None = None) -> None:
        """Speak a job's steps, then write its files; for about `at_most_s`, where that is given.

        `told` is called after each step. What goes wrong is noted with the job.

        Raises: AssetError where the jobs themselves cannot be read or written
        """
        begun_s = time.monotonic()
        try:
            while not self._stopping.is_set() and self._progress.runs(job.id):
                step = self._progress.next_step(job.id)
                if step is None:
                    self._write(job, told)
                    return
                self._speak(job, step)
                if told is not None:
                    told()
                if at_most_s is not None and time.monotonic() - begun_s > at_most_s:
                    return
        except Interrupted:
            pass
        except MakimaError as exc:
            self._failed(job, str(exc))
        except OSError as exc:
            self._failed(job, f"Its files cannot be written: {exc.strerror or exc}.")

    def _failed(self, job: Job, reason: str) -> None:
        if not self._progress.runs(job.id):  # it was cancelled, and its folder deleted, in the middle of a step
            return
        log.warning("job %s cannot go on: %s", job.id, reason)
        self._store.fail(job.id, reason)

    def _speak(self, job: Job, step: Step) -> None:
        """Speak one step, more than once where the engine fails.

        Raises: Interrupted; what the last attempt raises
        """
        attempt = 0
        while True:
            try:
                self._speak_once(job, step)
            except SoundLost as exc:
                log.warning("job %s: %s The chapter is spoken again.", job.id, exc)
                self._progress.forget_chapter(job.id, step.chapter)
            except CapacityError as exc:
                self._pause(min(exc.retry_after_s, MAX_WAIT_S))
                continue
            except EngineError as exc:
                attempt += 1
                if attempt >= ATTEMPTS:
                    raise
                log.warning("job %s: step %d is tried again: %s", job.id, step.number, exc)
                self._pause(RETRY_S[attempt - 1])
                continue
            return

    def _speak_once(self, job: Job, step: Step) -> None:
        folder = self._store.folder_of(job.id)
        if shutil.disk_usage(folder).free < MIN_FREE_BYTES:
            raise AssetError(str(folder), "The disk is full.", mend="Make room, then resume the job.")
        if not self._engine.loaded:
            self._engine.load(lambda _: None)
        begun_s = time.monotonic()
        speech = StepSpeech(self._engine, job.manner, step.text, job.rate_hz, self._counted.observer(job.owner))
        path = chapter_path(folder, step.chapter)
        with self._current_is(job.id, speech), StepSound(path, step.offset_samples) as sound:
            for pcm in speech:
                sound.write(pcm)
            sound.silence(round(step.pause_ms * job.rate_hz / 1000 / job.manner.speed))
            sound.commit()
        if self._progress.spoken(job.id, step, sound.samples, speech.words, time.monotonic() - begun_s):
            self._counted.spoken(job.owner, len(step.text))

    def _write(self, job: Job, told: Callable[[], None] | None) -> None:
        job = self._store.get(job.id)
        if not self._progress.encoding(job.id, 0.0):
            return
        told_s = time.monotonic()
        with closing(write_files(self._store, job)) as written:
            for share in written:
                if time.monotonic() - told_s > TOLD_EVERY_S:
                    told_s = time.monotonic()
                    if self._stopping.is_set() or not self._progress.encoding(job.id, share):
                        return
                    if told is not None:
                        told()
        if self._progress.finish(job.id):
            delete_sound(self._store.folder_of(job.id), len(self._store.chapters(job.id)))

    def _pause(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise Interrupted

    @contextmanager
    def _current_is(self, job_id: str, speech: StepSpeech) -> Iterator[None]:
        """Note what is being spoken, for those who may interrupt it."""
        with self._lock:
            self._current = (job_id, speech)
        # A stop, or a change of the job's state, may have come just before.
        if self._stopping.is_set() or not self._progress.runs(job_id):
            speech.cancel()
        try:
            yield
        finally:
            with self._lock:
                self._current = None


def lower_priority() -> None:
    """Let every other thread of this process go first: encoding takes a whole processor."""
    if sys.platform == "linux":  # where a thread has a priority of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
