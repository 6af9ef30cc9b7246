"""What is said when, in three formats."""

from __future__ import annotations

import io
import json
from pathlib import Path

from makima.jobs.files.sidecar import MAX_CUE_CHARACTERS, Cue, cues, write_json, write_srt, write_vtt
from makima.jobs.job import BookFormat, ChapterProgress, Job, Manner, State
from makima.jobs.words import estimated_words, packed
from tests.support.books import paragraphs

RATE_HZ = 1_000
TEXTS = paragraphs(300)
STEPS = [(n // 3, text, 5_000, packed(estimated_words(text, 4_500))) for n, text in enumerate(TEXTS)]
CHAPTERS = [ChapterProgress(n, f"Chapter {n}", 0, 0, 0) for n in range(len(TEXTS))]
JOB = Job(
    *("id", "", 'The "Keys"', None, BookFormat.M4B, Manner("v", "English"), "", RATE_HZ, State.ENCODING, None, 1, 0.0),
    *(0.0, 10, 10, len(STEPS), len(STEPS), 5_000 * len(STEPS), 1.0),
)


def test_json_has_every_word_at_its_time(tmp_path: Path) -> None:
    path = tmp_path / "words.json"
    write_json(path, JOB, CHAPTERS, STEPS)
    said = json.loads(path.read_text())
    assert (said["title"], said["durationMs"]) == ('The "Keys"', 5_000 * len(STEPS))
    texts = [text for chapter in said["chapters"] for text in chapter["texts"]]
    assert [text["text"] for text in texts] == TEXTS
    assert [text["startMs"] for text in texts] == [5_000 * n for n in range(len(TEXTS))]
    words = [word for text in texts for word in text["words"]]
    assert " ".join(word["text"] for word in words).split() == " ".join(TEXTS).split()
    starts = [word["startMs"] for word in words]
    assert starts == sorted(starts)
    assert [chapter["startMs"] for chapter in said["chapters"]] == [15_000 * n for n in range(len(said["chapters"]))]


def test_nothing_spoken_is_json_too(tmp_path: Path) -> None:
    write_json(tmp_path / "words.json", JOB, CHAPTERS, [])
    assert json.loads((tmp_path / "words.json").read_text())["chapters"] == []


def test_cues_are_short_and_hold_every_word_once() -> None:
    found = list(cues(STEPS, RATE_HZ))
    assert " ".join(cue.text for cue in found).split() == " ".join(TEXTS).split()
    assert all(len(cue.text) <= MAX_CUE_CHARACTERS for cue in found)
    assert [cue.start_ms for cue in found] == sorted(cue.start_ms for cue in found)
    assert all(cue.start_ms < cue.end_ms for cue in found)


def test_subtitles() -> None:
    srt, vtt = io.StringIO(), io.StringIO()
    found = [Cue("a <b>", 3_723_004, 3_724_000)]
    write_srt(srt, found)
    write_vtt(vtt, found)
    assert srt.getvalue() == "1\n01:02:03,004 --> 01:02:04,000\na <b>\n\n"
    assert vtt.getvalue() == "WEBVTT\n\n01:02:03.004 --> 01:02:04.000\na &lt;b&gt;\n\n"
