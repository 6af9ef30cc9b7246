"""Jobs in their file: states, owners, progress."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from makima.books.book import Book, Chapter, Paragraph
from makima.errors import AssetError, NotFound, WrongState
from makima.jobs.job import BookFormat, Job, Manner, State
from makima.jobs.progress import Progress
from makima.jobs.store import JobStore
from makima.jobs.words import StepWords, TimedWord

BOOK = Book(
    "T",
    (Chapter("One", (Paragraph("First."), Paragraph("Second one."))), Chapter("Two", (Paragraph("Third."),))),
    "A",
)
MANNER = Manner("makima", "English", pronunciations={"a": "b"})
WORDS = StepWords((TimedWord("x", 0, 1),), exact=True)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    made = JobStore(tmp_path / "jobs")
    yield made
    made.close()


def add(store: JobStore, owner: str = "") -> Job:
    return store.add(BOOK, MANNER, BookFormat.M4B, 24_000, owner)


def test_a_new_job_waits_and_is_found_after_a_restart(store: JobStore) -> None:
    job = add(store)
    assert (job.state, job.steps, job.characters, job.manner, job.author) == (State.QUEUED, 3, 23, MANNER, "A")
    assert JobStore(store.folder).get(job.id) == job
    assert [(each.title, each.characters) for each in store.chapters(job.id)] == [("One", 17), ("Two", 6)]


def test_a_job_belongs_to_its_owner(store: JobStore) -> None:
    mine, yours = add(store, "a"), add(store, "b")
    assert [job.id for job in store.jobs("a")] == [mine.id]
    assert {job.id for job in store.jobs()} == {mine.id, yours.id}
    with pytest.raises(NotFound):
        store.get(yours.id, "a")


MOVES: dict[State, dict[str, State | None]] = {
    State.QUEUED: {"pause": State.PAUSED, "resume": State.QUEUED, "cancel": State.CANCELLED},
    State.PAUSED: {"pause": State.PAUSED, "resume": State.QUEUED, "cancel": State.CANCELLED},
    State.FAILED: {"pause": None, "resume": State.QUEUED, "cancel": State.CANCELLED},
    State.CANCELLED: {"pause": None, "resume": None, "cancel": State.CANCELLED},
    State.DONE: {"pause": None, "resume": None, "cancel": None},
}


def brought_to(store: JobStore, state: State) -> Job:
    job, progress = add(store), Progress(store)
    if state is State.PAUSED:
        return store.pause(job.id)
    if state is State.CANCELLED:
        return store.cancel(job.id)
    if state is State.FAILED:
        store.fail(job.id, "why")
    if state is State.DONE:
        progress.take()
        assert progress.encoding(job.id, 0.5)
        assert progress.finish(job.id)
    return store.get(job.id)


@pytest.mark.parametrize("state", list(MOVES))
@pytest.mark.parametrize("move", ["pause", "resume", "cancel"])
def test_moves(store: JobStore, state: State, move: str) -> None:
    job = brought_to(store, state)
    expected = MOVES[state][move]
    if expected is None:
        with pytest.raises(WrongState):
            getattr(store, move)(job.id)
        assert store.get(job.id).state is state
    else:
        assert getattr(store, move)(job.id).state is expected


def test_each_step_once_and_in_order(store: JobStore) -> None:
    job, progress = add(store), Progress(store)
    progress.take()
    seen = []
    while (step := progress.next_step(job.id)) is not None:
        assert progress.next_step(job.id) == step
        seen.append((step.chapter, step.text, step.offset_samples))
        assert progress.spoken(job.id, step, 100 * (step.number + 1), WORDS, 0.5)
    assert seen == [(0, "First.", 0), (0, "Second one.", 100), (1, "Third.", 0)]
    now = store.get(job.id)
    assert (now.steps_done, now.characters_done, now.samples, now.spoken_s) == (3, 23, 600, 1.5)
    assert [row[:3] for row in store.spoken(job.id)] == [
        (0, "First.", 100),
        (0, "Second one.", 200),
        (1, "Third.", 300),
    ]
    progress.forget_chapter(job.id, 0)
    now = store.get(job.id)
    assert (now.steps_done, now.characters_done, now.samples) == (1, 6, 300)
    step = progress.next_step(job.id)
    assert step is not None
    assert (step.text, step.offset_samples) == ("First.", 0)


def test_a_step_that_ends_after_a_pause_counts_and_after_a_cancel_does_not(store: JobStore) -> None:
    progress = Progress(store)
    for move, counted in (("pause", True), ("cancel", False)):
        job = add(store)
        while (taken := progress.take()) is not None and taken.id != job.id:
            pass
        step = progress.next_step(job.id)
        assert step is not None
        getattr(store, move)(job.id)
        assert progress.spoken(job.id, step, 10, WORDS, 0.1) is counted
        assert not progress.runs(job.id)


def test_jobs_take_turns(store: JobStore) -> None:
    first, second, progress = add(store), add(store), Progress(store)
    turns = [progress.take() for _ in range(4)]
    assert [job.id for job in turns if job is not None] == [first.id, second.id, first.id, second.id]


def test_the_estimate_follows_the_pace(store: JobStore) -> None:
    job, progress = add(store), Progress(store)
    assert job.left_s is None
    progress.take()
    step = progress.next_step(job.id)
    assert step is not None
    progress.spoken(job.id, step, 24_000, WORDS, 2.0)
    now = store.get(job.id)
    assert now.left_s == pytest.approx(2.0 * 17 / 6)
    assert now.audio_total_s == pytest.approx(23 / 6)


def test_every_change_has_a_higher_revision(store: JobStore) -> None:
    job, progress = add(store), Progress(store)
    seen = [job.revision]
    for change in (progress.take, lambda: store.pause(job.id), lambda: store.resume(job.id), progress.recover):
        change()
        seen.append(store.get(job.id).revision)
    assert seen[:-1] == sorted(set(seen[:-1]))


def test_a_deleted_job_leaves_nothing(store: JobStore) -> None:
    job = add(store)
    (store.folder_of(job.id) / "x").write_bytes(b"x")
    store.delete(job.id)
    assert not store.folder_of(job.id).exists()
    with pytest.raises(NotFound):
        store.get(job.id)
    store.delete(job.id)


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(AssetError, match="cannot be read or written"):
        JobStore(tmp_path / "file")
