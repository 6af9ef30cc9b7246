"""How a job looks to clients."""

from __future__ import annotations

from collections.abc import Sequence

from makima.jobs.job import ChapterProgress, Job, State

FILES = {"words.json": "application/json", "words.srt": "application/x-subrip", "words.vtt": "text/vtt"}


def wire_job(job: Job, chapters: Sequence[ChapterProgress] | None = None) -> dict[str, object]:
    """A job as JSON, with its chapters where they are given."""
    fields: dict[str, object] = {
        "id": job.id,
        "state": job.state,
        "reason": job.reason,
        "title": job.title,
        "author": job.author,
        "format": job.form,
        "voice": job.manner.voice,
        "language": job.manner.language,
        "speed": job.manner.speed,
        "createdAt": round(job.created_s * 1000),
        "updatedAt": round(job.updated_s * 1000),
        "characters": job.characters,
        "charactersDone": job.characters_done,
        "audioSeconds": round(job.audio_s, 3),
        "audioTotalSeconds": _rounded(job.audio_total_s),
        "leftSeconds": _rounded(job.left_s),
        "encoded": round(job.encoded, 3),
        "revision": job.revision,
        "files": _files(job),
    }
    if chapters is not None:
        fields["chapters"] = wire_chapters(job, chapters)
    return fields


def wire_chapters(job: Job, chapters: Sequence[ChapterProgress]) -> list[dict[str, object]]:
    """The chapters, with where each begins as far as that is known."""
    listed: list[dict[str, object]] = []
    begun, known = 0, True
    for chapter in chapters:
        listed.append(
            {
                "title": chapter.title,
                "characters": chapter.characters,
                "charactersDone": chapter.characters_done,
                "startSeconds": round(begun / job.rate_hz, 3) if known else None,
                "audioSeconds": round(chapter.samples / job.rate_hz, 3),
            }
        )
        begun += chapter.samples
        known = known and chapter.characters_done == chapter.characters
    return listed


def _files(job: Job) -> dict[str, str]:
    if job.state is not State.DONE:
        return {}
    return {name: f"/api/v1/jobs/{job.id}/files/{name}" for name in (f"book.{job.form}", *FILES)}


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
