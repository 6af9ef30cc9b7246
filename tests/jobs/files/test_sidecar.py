"""What is said when, in three formats."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from makima.jobs.files.sidecar import SpokenStep, step_captions, write_json
from makima.jobs.job import BookFormat, ChapterProgress, Job, Manner, State
from makima.jobs.words import StepWords, TimedWord, estimated_words, packed
from makima.text.captions import LONGEST_CHARACTERS
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


def test_captions_are_short_and_hold_every_word_once() -> None:
    found = list(step_captions(STEPS, RATE_HZ))
    assert " ".join(each.text for each in found).split() == " ".join(TEXTS).split()
    assert all(len(each.text) <= LONGEST_CHARACTERS for each in found)
    assert [each.start_s for each in found] == sorted(each.start_s for each in found)
    assert all(each.start_s < each.end_s for each in found)


def step(text: str, *words: str) -> SpokenStep:
    """A step whose words the engine has told."""
    timed = tuple(TimedWord(word, 400 * n, 400 * n + 300) for n, word in enumerate(words or text.split()))
    return 0, text, 10_000, packed(StepWords(timed, exact=True))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (step("So — no.", "So", "no."), ["So — no."]),
        (step("One. — Two.", "One.", "Two."), ["One.", "— Two."]),
        (step("— One. Two. —", "One.", "Two."), ["— One.", "Two. —"]),
        (step("你好。再见。", "你", "好。", "再", "见。"), ["你好。", "再见。"]),
        (step("One\ntwo  three."), ["One two three."]),
        (step("—", "x"), ["—"]),  # an engine that tells of words that are not there
    ],
)
def test_captions_hold_all_of_the_text(said: SpokenStep, expected: list[str]) -> None:
    assert [each.text for each in step_captions([said], RATE_HZ)] == expected


@pytest.mark.parametrize(
    ("steps", "exact"),
    [([step("One.")], True), ([step("One."), STEPS[0]], False), ([STEPS[0], step("One.")], False), ([], False)],
)
def test_json_says_whether_all_times_are_exact(tmp_path: Path, steps: list[SpokenStep], exact: bool) -> None:
    write_json(tmp_path / "words.json", JOB, CHAPTERS, steps)
    assert json.loads((tmp_path / "words.json").read_text())["exact"] is exact
