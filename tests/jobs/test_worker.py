"""The worker: the same file whatever happens in between, and what a user asks for at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from makima.books.book import Book, Chapter, Paragraph
from makima.engines.fake import FAIL_WORD, FakeEngine, FakeScript
from makima.engines.protocol import SpeechRequest
from makima.errors import CapacityError, SynthesisFailed
from makima.events import OnLoading
from makima.jobs import worker as worker_module
from makima.jobs.files.writing import book_path
from makima.jobs.housekeeping import try_lock
from makima.jobs.job import BookFormat, Job, Manner, State
from makima.jobs.progress import Progress
from makima.jobs.sound import chapter_path
from makima.jobs.store import JobStore
from makima.jobs.worker import Worker
from tests.support.server.servers import WatchedEngine
from tests.support.server.streams import eventually

BOOK = Book(
    "T",
    tuple(Chapter(f"C{n}", tuple(Paragraph(f"Text {n} {m}.") for m in range(4))) for n in range(3)),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    made = JobStore(tmp_path / "jobs")
    yield made
    made.close()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "RETRY_S", (0.0, 0.0))


def add(store: JobStore, book: Book = BOOK, form: BookFormat = BookFormat.WAV) -> Job:
    return store.add(book, Manner("makima", "English"), form, 24_000)


def wav_of(store: JobStore, job: Job) -> bytes:
    return book_path(store, store.get(job.id)).read_bytes()


def loaded(script: FakeScript | None = None) -> FakeEngine:
    engine = FakeEngine(script)
    engine.load(lambda _: None)
    return engine


def work(store: JobStore, engine: FakeEngine | None = None) -> Job:
    worker, progress = Worker(store, engine or loaded()), Progress(store)
    job = progress.take()
    assert job is not None
    worker.work_on(job)
    return store.get(job.id)


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    """The file of a job that was left alone."""
    alone = JobStore(tmp_path / "alone")
    job = add(alone)
    assert work(alone).state is State.DONE
    data = wav_of(alone, job)
    alone.close()
    return data


class Killed(BaseException):
    """Stands for the end of the process."""


class KilledEngine(FakeEngine):
    """Ends the worker at its n-th step, before or in the middle of its sound."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self._left = at
        self.load(lambda _: None)

    def open(self, request: SpeechRequest) -> object:  # type: ignore[override]
        self._left -= 1
        if self._left < 0:
            raise Killed
        return super().open(request)


@pytest.mark.parametrize("at", [0, 1, 4, 5, 11])
def test_a_job_that_was_killed_goes_on_where_it_was(store: JobStore, whole: bytes, at: int) -> None:
    job = add(store)
    with pytest.raises(Killed):
        work(store, KilledEngine(at))
    assert store.get(job.id).steps_done == at
    # What the step in the middle of which it was killed has left behind.
    with chapter_path(store.folder_of(job.id), at // 4).open("ab") as file:
        file.write(b"half a step")
    Progress(store).recover()
    done = work(store)
    assert (done.state, done.steps_done) == (State.DONE, 12)
    assert wav_of(store, job) == whole


def test_a_kill_between_the_sound_and_its_record(
    store: JobStore, whole: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = add(store)

    def killed(*_: object) -> bool:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Progress, "spoken", killed)
        with pytest.raises(Killed):
            work(store)
    assert chapter_path(store.folder_of(job.id), 0).stat().st_size > 0
    assert work(store).state is State.DONE
    assert wav_of(store, job) == whole


def test_sound_that_is_gone_is_spoken_again(store: JobStore, whole: bytes) -> None:
    job = add(store)
    with pytest.raises(Killed):
        work(store, KilledEngine(6))
    chapter_path(store.folder_of(job.id), 1).unlink()
    assert work(store).state is State.DONE
    assert wav_of(store, job) == whole


def test_the_sound_is_deleted_once_the_file_is_there(store: JobStore) -> None:
    job = add(store, form=BookFormat.M4B)
    assert work(store).state is State.DONE
    names = {path.name for path in store.folder_of(job.id).iterdir()}
    assert names == {"book.m4b", "words.json", "words.srt", "words.vtt"}


class FailingEngine(FakeEngine):
    """Refuses or fails the first utterances."""

    def __init__(self, *errors: Exception) -> None:
        super().__init__()
        self.errors = list(errors)
        self.requests: list[SpeechRequest] = []
        self.load(lambda _: None)

    def open(self, request: SpeechRequest) -> object:  # type: ignore[override]
        self.requests.append(request)
        if self.errors:
            raise self.errors.pop(0)
        return super().open(request)


def full() -> CapacityError:
    return CapacityError("full", retry_after_s=0.01)


@pytest.mark.parametrize(
    ("errors", "state"),
    [
        ([SynthesisFailed("x")] * 2, State.DONE),
        ([SynthesisFailed("x")] * 3, State.FAILED),
        ([full() for _ in range(20)], State.DONE),
        ([ValueError("x")] * 2, State.DONE),
    ],
)
def test_an_engine_that_fails(store: JobStore, whole: bytes, errors: list[Exception], state: State) -> None:
    job = add(store)
    assert work(store, FailingEngine(*errors)).state is state
    if state is State.FAILED:
        assert store.get(job.id).reason == "x"
        store.resume(job.id)
        assert work(store).state is State.DONE
    assert wav_of(store, job) == whole


def test_a_stream_that_fails_in_the_middle(store: JobStore) -> None:
    job = add(
        store, Book("T", (Chapter("C", (Paragraph("One."), Paragraph(f"Two {FAIL_WORD}."), Paragraph("Three."))),))
    )
    assert work(store).state is State.FAILED
    assert store.get(job.id).steps_done == 1


def test_jobs_go_behind_everything_else(store: JobStore) -> None:
    add(store)
    engine = FailingEngine()
    work(store, engine)
    assert {request.priority for request in engine.requests} == {"low"}


def test_a_voice_that_was_deleted(store: JobStore) -> None:
    job = store.add(BOOK, Manner("gone", "English"), BookFormat.WAV, 24_000)
    assert work(store).state is State.FAILED
    assert "no voice 'gone'" in (store.get(job.id).reason or "")


def test_a_full_disk(store: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    job = add(store)
    monkeypatch.setattr(worker_module, "MIN_FREE_BYTES", 1 << 80)
    assert work(store).state is State.FAILED
    assert "disk is full" in (store.get(job.id).reason or "")


class Running:
    """A worker in its thread."""

    def __init__(self, store: JobStore, engine: FakeEngine) -> None:
        self.worker = Worker(store, engine)
        self._thread = threading.Thread(target=self.worker.run, args=(0.01,))

    def __enter__(self) -> Worker:
        self._thread.start()
        return self.worker

    def __exit__(self, *_: object) -> None:
        self.worker.stop()
        self._thread.join(20)
        assert not self._thread.is_alive()


SLOW = FakeScript(character_s=0.02)


@pytest.mark.parametrize("move", ["pause", "cancel", "delete"])
def test_moves_take_effect_in_the_middle_of_a_step(store: JobStore, whole: bytes, move: str) -> None:
    engine = WatchedEngine(FakeScript(character_s=30.0))
    job = add(store)
    with Running(store, engine) as worker:
        assert eventually(lambda: bool(engine.streams))
        getattr(store, move)(job.id)
        worker.interrupt(job.id)
        assert eventually(lambda: engine.streams[0].ended)
        other = add(store)
        worker.wake()
        assert eventually(lambda: len(engine.streams) == 2)
        store.cancel(other.id)
        worker.interrupt(other.id)
    if move == "pause":
        store.resume(job.id)
        assert work(store).state is State.DONE
        assert wav_of(store, job) == whole
    else:
        assert not store.folder_of(job.id).exists()


def test_a_worker_that_is_stopped_leaves_the_job_to_the_next_one(store: JobStore, whole: bytes) -> None:
    job = add(store)
    with Running(store, WatchedEngine(SLOW)):
        assert eventually(lambda: store.get(job.id).steps_done > 1)
    assert store.get(job.id).state is State.RUNNING
    with Running(store, loaded()):
        assert eventually(lambda: store.get(job.id).state is State.DONE)
    assert wav_of(store, job) == whole


def test_one_worker_a_folder(store: JobStore) -> None:
    job = add(store)
    with try_lock(store.folder) as locked:
        assert locked
        engine = WatchedEngine()
        with Running(store, engine):
            assert not eventually(lambda: bool(engine.streams), within_s=0.2)
    with Running(store, loaded()):
        assert eventually(lambda: store.get(job.id).state is State.DONE)


class LoadedLate(FakeEngine):
    """Notes that it was loaded."""

    loads = 0

    def load(self, on_loading: OnLoading) -> None:
        self.loads += 1
        super().load(on_loading)


def test_the_engine_is_loaded_for_a_job(store: JobStore) -> None:
    add(store)
    engine = LoadedLate()
    assert work(store, engine).state is State.DONE
    assert engine.loads == 1
