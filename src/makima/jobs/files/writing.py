"""The files of a job that is done: the book, and what is said when."""

from __future__ import annotations

from collections.abc import Generator
from itertools import accumulate
from pathlib import Path
from typing import Final

from makima.jobs.files import sidecar
from makima.jobs.files.audiobook import About, Mark, write_book
from makima.jobs.job import Job
from makima.jobs.sound import blocks
from makima.jobs.store import COVER, JobStore
from makima.text.captions import Captions, file_parts

WORDS_JSON: Final = "words.json"
SRT: Final = "words.srt"
VTT: Final = "words.vtt"


def book_path(store: JobStore, job: Job) -> Path:
    """Where the file of the job is, once it is done."""
    return store.folder_of(job.id) / f"book.{job.form}"


def write_files(store: JobStore, job: Job) -> Generator[float, None, None]:
    """Write all files of a job whose steps are all spoken; yields which share of the sound is in the book.

    Raises: SynthesisFailed, OSError, AssetError
    """
    folder = store.folder_of(job.id)
    chapters = store.chapters(job.id)
    ends = list(accumulate(chapter.samples for chapter in chapters))
    marks = tuple(Mark(chapter.title, end - chapter.samples, end) for chapter, end in zip(chapters, ends, strict=True))
    sidecar.write_json(folder / WORDS_JSON, job, chapters, store.spoken(job.id))
    for name, kind in ((SRT, Captions.SRT), (VTT, Captions.VTT)):
        with (folder / name).open("w", encoding="utf-8") as file:
            file.writelines(file_parts(sidecar.step_captions(store.spoken(job.id), job.rate_hz), kind))
    cover = folder / COVER
    about = About(job.title, job.author, marks, cover.read_bytes() if cover.exists() else None)
    total = max(1, job.samples)
    for samples in write_book(book_path(store, job), job.form, job.rate_hz, about, blocks(folder, len(chapters))):
        yield samples / total
