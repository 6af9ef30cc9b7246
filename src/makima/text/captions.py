"""Timed words as files beside the sound: SubRip, WebVTT, JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

LONGEST_CHARACTERS: Final = 84
"""Of one caption: two lines of 42, as broadcasters have them."""
LONGEST_S: Final = 6.0
GAP_S: Final = 0.8
"""A pause that ends a caption."""

_ENDS: Final = tuple(".!?…。！？")
_CLOSERS: Final = "\"'”’»)]」』）*_"
_FIRST_WIDE: Final = "\u3000"
"""From here on, characters are those of scripts that put no space between words, but for Korean."""
_FIRST_HANGUL, _LAST_HANGUL = "\uac00", "\ud7af"


class Captions(StrEnum):
    """The kinds of file, by the ends of their names."""

    SRT = "srt"
    VTT = "vtt"
    JSON = "json"


class Timed(Protocol):
    """A word, and when it is spoken."""

    @property
    def text(self) -> str: ...

    @property
    def start_s(self) -> float: ...

    @property
    def end_s(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Caption:
    """What is shown at once."""

    text: str
    start_s: float
    end_s: float


def captions(words: Sequence[Timed]) -> list[Caption]:
    """The words in captions: a sentence each, and parts of it where it is long."""
    found: list[Caption] = []
    line: list[Timed] = []
    for word in words:
        if line and _ends(line, word):
            found.append(_caption(line))
            line = []
        line.append(word)
    return [*found, _caption(line)] if line else found


def written_captions(words: Sequence[Timed], kind: Captions, *, exact: bool) -> str:
    """The content of a file. `exact`: the times are the engine's own, and no estimates."""
    if kind is Captions.JSON:
        return json.dumps({"words": timed_words(words), "exact": exact}, ensure_ascii=False, indent=1) + "\n"
    point = "," if kind is Captions.SRT else "."
    blocks = [
        f"{_clock(each.start_s, point)} --> {_clock(each.end_s, point)}\n{each.text}\n" for each in captions(words)
    ]
    if kind is Captions.SRT:
        return "\n".join(f"{number}\n{block}" for number, block in enumerate(blocks, 1))
    return "\n".join(["WEBVTT\n", *blocks])


def timed_words(words: Sequence[Timed]) -> list[dict[str, object]]:
    """The words as they stand in JSON."""
    return [
        {"text": word.text, "startMs": round(word.start_s * 1000), "endMs": round(word.end_s * 1000)} for word in words
    ]


def _ends(line: Sequence[Timed], word: Timed) -> bool:
    """Whether a caption ends before `word`."""
    before = line[-1]
    characters = sum(len(each.text) + 1 for each in line) + len(word.text)
    return (
        before.text.rstrip(_CLOSERS).endswith(_ENDS)
        or characters > LONGEST_CHARACTERS
        or word.end_s - line[0].start_s > LONGEST_S
        or word.start_s - before.end_s > GAP_S
    )


def _caption(line: Sequence[Timed]) -> Caption:
    text = ""
    for word in line:
        text += word.text if not text or (_is_wide(text[-1]) and _is_wide(word.text[0])) else f" {word.text}"
    return Caption(text, line[0].start_s, line[-1].end_s)


def _is_wide(character: str) -> bool:
    return character >= _FIRST_WIDE and not _FIRST_HANGUL <= character <= _LAST_HANGUL


def _clock(seconds: float, point: str) -> str:
    whole, ms = divmod(round(seconds * 1000), 1000)
    minutes, whole = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{whole:02}{point}{ms:03}"
