"""Timed words as files beside the sound: SubRip, WebVTT, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from makima.text.sentences.cutter import Cutter

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


def captions(words: Iterable[Timed]) -> list[Caption]:
    """The words in captions: a sentence each, and parts of it where it is long."""
    return [_caption(group) for group in grouped(words)]


def grouped(words: Iterable[Timed]) -> Iterator[list[Timed]]:
    """The words that are shown at once, in order."""
    line: list[Timed] = []
    for word in words:
        if line and _ends(line, word):
            yield line
            line = []
        line.append(word)
    if line:
        yield line


def written_captions(words: Sequence[Timed], kind: Captions, *, exact: bool) -> str:
    """The content of a file. `exact`: the times are the engine's own, and no estimates."""
    if kind is Captions.JSON:
        return json.dumps({"words": timed_words(words), "exact": exact}, ensure_ascii=False, indent=1) + "\n"
    return "".join(file_parts(captions(words), kind))


def file_parts(found: Iterable[Caption], kind: Captions) -> Iterator[str]:
    """The content of a SubRip or WebVTT file, caption by caption."""
    if kind is Captions.VTT:
        yield "WEBVTT\n"
    for number, each in enumerate(found, 1):
        blank = "\n" if number > 1 or kind is Captions.VTT else ""
        if kind is Captions.VTT:
            text = each.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            yield f"{blank}{_clock(each.start_s, '.')} --> {_clock(each.end_s, '.')}\n{text}\n"
        else:
            yield f"{blank}{number}\n{_clock(each.start_s, ',')} --> {_clock(each.end_s, ',')}\n{each.text}\n"


def timed_words(words: Sequence[Timed]) -> list[dict[str, object]]:
    """The words as they stand in JSON."""
    return [
        {"text": word.text, "startMs": round(word.start_s * 1000), "endMs": round(word.end_s * 1000)} for word in words
    ]


def ends_sentence(word: str, following: str) -> bool:
    """Whether a word, with the marks behind it, is the last of a sentence: "Dr." before "Weiss" is not."""
    marks = word.rstrip(_CLOSERS)
    return marks.endswith(_ENDS) and (not marks.endswith(".") or len(Cutter().feed(f"{word} {following} ")) > 0)


def _ends(line: Sequence[Timed], word: Timed) -> bool:
    """Whether a caption ends before `word`."""
    before = line[-1]
    characters = sum(len(each.text) + 1 for each in line) + len(word.text)
    return (
        ends_sentence(before.text, word.text)
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
