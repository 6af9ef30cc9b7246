"""`makima book`: a book into an audio file with chapters, without a server; it goes on where it was interrupted."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from makima import installation
from makima.audio.tempo import check_speed
from makima.books.book import Book, title_of
from makima.books.isolated import read_isolated
from makima.cli.say import load_with_progress
from makima.config import Settings
from makima.console import status
from makima.engines.protocol import Engine, catalog_of
from makima.engines.registry import choose
from makima.errors import AssetError, InvalidMessage, SynthesisFailed
from makima.jobs.files.writing import SRT, VTT, WORDS_JSON, book_path
from makima.jobs.housekeeping import try_lock
from makima.jobs.job import BookFormat, Job, Manner, State
from makima.jobs.plan import language_of, refuse_other_scripts
from makima.jobs.progress import Progress as JobProgress
from makima.jobs.speaking import job_rate_hz
from makima.jobs.store import JobStore
from makima.jobs.worker import Worker
from makima.server.allocator import Sweeper, limit_heaps
from makima.text.language import spoken_language

SIDECARS: Final = {"json": WORDS_JSON, "srt": SRT, "vtt": VTT}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to come out, and how it is to sound."""

    output: Path
    voice: str | None
    language: str | None
    speed: float
    seed: int | None
    title: str | None
    author: str | None
    words: Sequence[str]
    restart: bool

    @property
    def form(self) -> BookFormat:
        """The file's format, by its name. Raises: InvalidMessage"""
        suffix = self.output.suffix.lower().removeprefix(".")
        if suffix not in {form.value for form in BookFormat}:
            raise InvalidMessage(f"{self.output.name} is none of the formats.", mend="Use .m4b, .mp3 or .wav.")
        return BookFormat(suffix)

    @property
    def work_folder(self) -> Path:
        """Where the sound is kept until the file is complete."""
        return self.output.with_name(f".{self.output.name}.makima")


def speak_book(settings: Settings, path: Path, wanted: Wanted) -> None:
    """Speak the book at `path` into a file, from where an interrupted run of the same command has left off.

    Raises: InvalidDocument, InvalidMessage, VoiceNotFound, AssetError, EngineError
    """
    check_speed(wanted.speed)
    form = wanted.form
    for name in wanted.words:
        if name not in SIDECARS:
            raise InvalidMessage(f"--words: {name!r} is not known.", mend=f"Use one of: {', '.join(SIDECARS)}.")
    language = spoken_language(wanted.language) if wanted.language else None
    limit_heaps()
    book = _titled(refuse_other_scripts(read_isolated(path)), wanted)
    engine = choose(settings).engine
    try:
        voice = catalog_of(engine, settings.default_voice).find(wanted.voice).id
        manner = Manner(voice, language or language_of(book), wanted.speed, wanted.seed)
        with _opened(wanted) as store:
            job = _job(store, book, manner, form, engine, wanted)
            load_with_progress(engine)
            _work(store, engine, job)
            _deliver(store, store.get(job.id), wanted)
    finally:
        engine.close()


def _titled(book: Book, wanted: Wanted) -> Book:
    title = title_of(wanted.title or "", book.title)
    return replace(book, title=title, author=title_of(wanted.author or "", book.author or "") or None)


@contextmanager
def _opened(wanted: Wanted) -> Iterator[JobStore]:
    """The folder of work, for this process alone; deleted once the file is complete."""
    folder = wanted.work_folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise AssetError(str(folder), f"It cannot be made: {exc.strerror}.") from exc
    with try_lock(folder) as locked:
        if not locked:
            raise AssetError(
                str(wanted.output), "Another process is making this file.", mend="Wait until it has ended."
            )
        store = JobStore(folder)
        try:
            yield store
        finally:
            store.close()
    shutil.rmtree(folder, ignore_errors=True)


def _job(store: JobStore, book: Book, manner: Manner, form: BookFormat, engine: Engine, wanted: Wanted) -> Job:
    """The job that was interrupted, or a new one.

    Raises: AssetError where the one that was interrupted is of another text, or was to sound different
    """
    fingerprint = _fingerprint(book, manner, form, engine)
    if wanted.restart:
        for job in store.jobs():
            store.delete(job.id)
    unfinished = store.jobs()
    if not unfinished:
        return store.add(book, manner, form, job_rate_hz(engine), fingerprint=fingerprint)
    job = unfinished[0]
    if job.fingerprint != fingerprint:
        raise AssetError(
            str(wanted.output),
            "An unfinished run has another text, another voice or other options.",
            mend="Pass --restart to begin again, or the same options to go on.",
        )
    if job.steps_done:
        status.print(f"Going on after {_clock(job.audio_s)} of sound.", style="dim", highlight=False)
    return store.resume(job.id) if job.state is not State.DONE else job


def _fingerprint(book: Book, manner: Manner, form: BookFormat, engine: Engine) -> str:
    texts = [[chapter.title, [each.text for each in chapter.paragraphs]] for chapter in book.chapters]
    whole = json.dumps([texts, book.title, book.author, asdict(manner), form.value, engine.name, job_rate_hz(engine)])
    return hashlib.sha256(whole.encode()).hexdigest()


def _work(store: JobStore, engine: Engine, job: Job) -> None:
    if job.state is State.DONE:  # it was killed before the file was moved to its place
        return
    progress = JobProgress(store)
    progress.recover()
    taken = progress.take()
    assert taken is not None, job
    worker = Worker(store, engine)
    sweeper = Sweeper()
    with _shown(store, job) as told:

        def worked() -> None:
            told()
            sweeper.worked()

        try:
            worker.work_on(taken, told=worked)
        except KeyboardInterrupt:
            status.print(f"Interrupted. Run the same command again to go on ({installation.command('book')} ...).")
            raise
    done = store.get(job.id)
    if done.state is not State.DONE:
        raise SynthesisFailed(done.reason or "The book was not completed.", mend="Run the same command to go on.")


@contextmanager
def _shown(store: JobStore, job: Job) -> Iterator[Callable[[], None]]:
    """A progress bar; its value is called when there is something new."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[note]}"))
    begun_s, before = time.monotonic(), job.characters_done
    with Progress(*columns, console=status, transient=True, disable=not status.is_terminal) as bar:
        task = bar.add_task("Speaking", total=job.characters, completed=before, note="")

        def told() -> None:
            now = store.get(job.id)
            if now.state is State.ENCODING:
                bar.update(task, description="Writing", total=1.0, completed=now.encoded, note="")
                return
            pace = (now.characters_done - before) / max(1e-6, time.monotonic() - begun_s)
            left = f"{_clock((now.characters - now.characters_done) / pace)} left" if pace else ""
            bar.update(task, completed=now.characters_done, note=f"{_clock(now.audio_s)} of sound, {left}")

        yield told


def _deliver(store: JobStore, job: Job, wanted: Wanted) -> None:
    """Move the files to where they are wanted: the words first, as the book is what says that all is done."""
    folder = store.folder_of(job.id)
    try:
        for name in wanted.words:
            os.replace(folder / SIDECARS[name], wanted.output.with_suffix(f".{name}"))
        os.replace(book_path(store, job), wanted.output)
    except OSError as exc:
        raise AssetError(str(wanted.output), f"It cannot be written: {exc.strerror}.") from exc
    chapters = len(store.chapters(job.id))
    status.print(
        f"{wanted.output}: {_clock(job.audio_s)} of speech in {chapters} chapters, spoken in {_clock(job.spoken_s)}",
        style="dim",
        highlight=False,
    )


def _clock(seconds: float) -> str:
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
