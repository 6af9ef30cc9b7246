"""Whether the files of a book are right: every word once, chapters in their places, times at which there is speech."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import av
import numpy as np

from makima.events import Samples

BLOCKS_PER_S: Final = 100
SOUND_DB: Final = -50.0
"""A block of speech is louder at its loudest; coding noise in a pause is quieter."""
PAUSE_MS: Final = 250
"""Behind each paragraph is a pause of 600 ms or more. Times that are off by more than the rest meet speech in it."""
NEAR_MS: Final = 50
LENGTH_MS: Final = 200
"""How far marks of chapters, and the length of the file, may be from what the words say."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in files that are right. Shares are of all words, and of all pauses behind paragraphs."""

    words: int
    exact: bool
    audio_s: float
    words_with_sound: float
    pauses_silent: float


def check_files(book: Path, sidecar: Path, made: Mapping[str, list[str]]) -> Found:
    """Compare a book and its words with the text it was made of.

    Raises: AssertionError where something is lost, said twice or in the wrong place
    """
    said = json.loads(sidecar.read_text(encoding="utf-8"))
    texts = [text for chapter in said["chapters"] for text in chapter["texts"]]
    words = [word for text in texts for word in text["words"]]
    expected = " ".join(
        f"{name} " + " ".join(f"{text} Then it was over." for text in paragraphs) for name, paragraphs in made.items()
    )
    assert [word["text"] for word in words] == expected.split(), "words are lost, or said twice"
    times = [at for word in words for at in (word["startMs"], word["endMs"])]
    assert times == sorted(times), "the times of words go back"
    with av.open(str(book)) as file:
        if book.suffix != ".wav":  # which has no chapters
            _check_chapters(file.chapters(), list(made), [chapter["startMs"] for chapter in said["chapters"]])
        levels = _Levels(file)
    assert abs(levels.audio_s * 1000 - said["durationMs"]) < LENGTH_MS, "the file is of another length"
    sounding = [levels.loudest(word["startMs"], word["endMs"]) > SOUND_DB for word in words]
    silent = [levels.loudest(text["endMs"] - PAUSE_MS, text["endMs"] - NEAR_MS) < SOUND_DB for text in texts]
    return Found(len(words), said["exact"], levels.audio_s, float(np.mean(sounding)), float(np.mean(silent)))


def _check_chapters(chapters: list[Any], titles: list[str], starts_ms: list[int]) -> None:
    assert [each["metadata"]["title"] for each in chapters] == titles, "the chapters are wrong"
    marks_ms = [round(float(each["start"] * (each["time_base"] or 0)) * 1000) for each in chapters]
    assert all(abs(mark - start) <= NEAR_MS for mark, start in zip(marks_ms, starts_ms, strict=True)), (
        "the chapters begin elsewhere"
    )


class _Levels:
    """How loud a file is, in blocks of about 10 ms: of a long book, all that is kept in memory."""

    def __init__(self, file: av.container.InputContainer) -> None:
        stream = file.streams.audio[0]
        self._block = stream.rate // BLOCKS_PER_S
        self._rate_hz = stream.rate
        resampler = av.AudioResampler(format="flt", layout="mono", rate=stream.rate)
        found: list[Samples] = []
        rest = np.zeros(0, np.float32)
        count = 0
        for frame in file.decode(stream):
            for each in resampler.resample(frame):
                samples = each.to_ndarray()[0]
                count += len(samples)
                rest = np.concatenate([rest, samples])
                whole = len(rest) // self._block * self._block
                found.append(np.sqrt(np.mean(rest[:whole].reshape(-1, self._block) ** 2, axis=1)))
                rest = rest[whole:]
        self._db = 20 * np.log10(np.maximum(np.concatenate(found), 1e-6))
        self.audio_s = count / stream.rate

    def loudest(self, start_ms: int, end_ms: int) -> float:
        """The level of the loudest block that begins within this time, in dB."""
        first = max(0, start_ms * self._rate_hz // (1000 * self._block))
        last = max(first + 1, end_ms * self._rate_hz // (1000 * self._block))
        return float(self._db[first:last].max(initial=-120.0))
