"""What is said when: the words as JSON, and as subtitles. Written row by row, so that a long book needs no memory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from makima.jobs.job import ChapterProgress, Job
from makima.jobs.words import TimedWord, unpacked
from makima.text.captions import Caption, Timed, ends_sentence, grouped

SpokenStep = tuple[int, str, int, str]
"""Chapter, text, samples, words: as `JobStore.spoken` yields them."""


@dataclass(frozen=True, slots=True)
class TimedText:
    """A step with its times, and those of its words, from the start of the whole."""

    chapter: int
    text: str
    start_ms: int
    end_ms: int
    words: tuple[TimedWord, ...]
    exact: bool


def timed_texts(steps: Iterable[SpokenStep], rate_hz: int) -> Iterator[TimedText]:
    """The steps in order, each where the one before it ends."""
    begun = 0
    for chapter, text, samples, kept in steps:
        start_ms, end_ms = round(begun * 1000 / rate_hz), round((begun + samples) * 1000 / rate_hz)
        said = unpacked(kept)
        moved = (TimedWord(each.text, start_ms + each.start_ms, start_ms + each.end_ms) for each in said.words)
        yield TimedText(chapter, text, start_ms, end_ms, tuple(moved), said.exact)
        begun += samples


def write_json(path: Path, job: Job, chapters: list[ChapterProgress], steps: Iterable[SpokenStep]) -> None:
    """The chapters, their paragraphs, and the words of each with their times in ms; whether all of them are exact."""
    with path.open("w", encoding="utf-8") as file:
        head = {"title": job.title, "author": job.author, "durationMs": round(job.audio_s * 1000)}
        file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "chapters": [')
        last, exact = -1, True
        for each in timed_texts(steps, job.rate_hz):
            if each.chapter != last:
                title = json.dumps(chapters[each.chapter].title, ensure_ascii=False)
                begin = f'\n{{"title": {title}, "startMs": {each.start_ms}, "texts": [\n'
                file.write(("]}," if last >= 0 else "") + begin)
            else:
                file.write(",\n")
            last, exact = each.chapter, exact and each.exact
            file.write(json.dumps(_text(each), ensure_ascii=False))
        file.write(("]}]" if last >= 0 else "]") + f', "exact": {json.dumps(exact and last >= 0)}}}\n')


def _text(each: TimedText) -> dict[str, object]:
    listed = [{"text": word.text, "startMs": word.start_ms, "endMs": word.end_ms} for word in each.words]
    return {"text": each.text, "startMs": each.start_ms, "endMs": each.end_ms, "words": listed}


def step_captions(steps: Iterable[SpokenStep], rate_hz: int) -> Iterator[Caption]:
    """Captions whose texts are all of the steps' texts: also marks that stand alone, which are no words."""
    for each in timed_texts(steps, rate_hz):
        groups = list(grouped(each.words))
        edges = [*_begins(each.text, groups), len(each.text)]
        for group, (start, end) in zip(groups, pairwise(edges), strict=False):
            yield Caption(" ".join(each.text[start:end].split()), group[0].start_s, group[-1].end_s)


def _begins(text: str, groups: list[list[Timed]]) -> list[int]:
    """Where in the text each group begins: with a dash before it, where that opens its sentence."""
    begins: list[int] = []
    at, before = 0, ""
    for group in groups:
        opens = not before or ends_sentence(before, group[0].text)
        begins.append(at if opens else max(text.find(group[0].text, at), at))
        for word in group:
            at = max(text.find(word.text, at) + len(word.text), at)
        before = group[-1].text
    return begins
