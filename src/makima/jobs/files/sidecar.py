"""What is said when: the words as JSON, and as subtitles. Written row by row, so that a long book needs no memory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from makima.jobs.job import ChapterProgress, Job
from makima.jobs.words import TimedWord, unpacked

MAX_CUE_CHARACTERS: Final = 84
"""Two lines of 42 characters, as broadcasters set them."""

SpokenStep = tuple[int, str, int, str]
"""Chapter, text, samples, words: as `JobStore.spoken` yields them."""

_ENDS = (".", "!", "?", "…", "。", "！", "？")
_CLOSERS = "\"'”’»)]}」』）"


@dataclass(frozen=True, slots=True)
class Cue:
    """One subtitle."""

    text: str
    start_ms: int
    end_ms: int


def timed_steps(steps: Iterable[SpokenStep], rate_hz: int) -> Iterator[tuple[int, str, int, int, list[TimedWord]]]:
    """The steps with their times in the whole: chapter, text, start, end, and the words from the start of the whole."""
    begun = 0
    for chapter, text, samples, words in steps:
        start_ms, end_ms = round(begun * 1000 / rate_hz), round((begun + samples) * 1000 / rate_hz)
        moved = [TimedWord(each.text, start_ms + each.start_ms, start_ms + each.end_ms) for each in unpacked(words)]
        yield chapter, text, start_ms, end_ms, moved
        begun += samples


def write_json(path: Path, job: Job, chapters: list[ChapterProgress], steps: Iterable[SpokenStep]) -> None:
    """The chapters, their paragraphs, and the words of each with their times in ms."""
    with path.open("w", encoding="utf-8") as file:
        head = {"title": job.title, "author": job.author, "durationMs": round(job.audio_s * 1000), "exact": False}
        file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "chapters": [')
        last = -1
        for chapter, text, start_ms, end_ms, words in timed_steps(steps, job.rate_hz):
            if chapter != last:
                title = json.dumps(chapters[chapter].title, ensure_ascii=False)
                file.write(("]}," if last >= 0 else "") + f'\n{{"title": {title}, "startMs": {start_ms}, "texts": [\n')
            else:
                file.write(",\n")
            last = chapter
            file.write(json.dumps(_text(text, start_ms, end_ms, words), ensure_ascii=False))
        file.write("]}]}\n" if last >= 0 else "]}\n")


def _text(text: str, start_ms: int, end_ms: int, words: list[TimedWord]) -> dict[str, object]:
    listed = [{"text": word.text, "startMs": word.start_ms, "endMs": word.end_ms} for word in words]
    return {"text": text, "startMs": start_ms, "endMs": end_ms, "words": listed}


def cues(steps: Iterable[SpokenStep], rate_hz: int) -> Iterator[Cue]:
    """Subtitles of at most two lines, which end where sentences do."""
    for _, _, _, _, words in timed_steps(steps, rate_hz):
        held: list[TimedWord] = []
        for word in words:
            if held and len(" ".join(each.text for each in held)) + 1 + len(word.text) > MAX_CUE_CHARACTERS:
                yield _cue(held)
                held = []
            held.append(word)
            if word.text.rstrip(_CLOSERS).endswith(_ENDS):
                yield _cue(held)
                held = []
        if held:
            yield _cue(held)


def _cue(words: list[TimedWord]) -> Cue:
    return Cue(" ".join(word.text for word in words), words[0].start_ms, words[-1].end_ms)


def write_srt(file: IO[str], found: Iterable[Cue]) -> None:
    """SubRip."""
    for number, cue in enumerate(found, start=1):
        file.write(f"{number}\n{_clock(cue.start_ms, ',')} --> {_clock(cue.end_ms, ',')}\n{cue.text}\n\n")


def write_vtt(file: IO[str], found: Iterable[Cue]) -> None:
    """WebVTT."""
    file.write("WEBVTT\n\n")
    for cue in found:
        text = cue.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        file.write(f"{_clock(cue.start_ms, '.')} --> {_clock(cue.end_ms, '.')}\n{text}\n\n")


def _clock(ms: int, point: str) -> str:
    seconds, ms = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{ms:03}"
