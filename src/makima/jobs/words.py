"""When each word of a step is spoken: as the engine says it, or estimated from its length where that says nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from makima.engines.output import TimedSpan

_PAUSES: Final = {".": 4.0, "!": 4.0, "?": 4.0, ";": 2.5, ":": 2.5, ",": 2.0}
"""What a mark takes, in characters of speech: about 0.3 s at the end of a sentence, half of that after a clause."""

# Scripts without blanks between words: each character is one.
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff][^\w\s]*|(?:(?![\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])\S)+"
)


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word as it is written, and when it is spoken, from the start of its step."""

    text: str
    start_ms: int
    end_ms: int

    @property
    def start_s(self) -> float:
        return self.start_ms / 1000

    @property
    def end_s(self) -> float:
        return self.end_ms / 1000


@dataclass(frozen=True, slots=True)
class StepWords:
    """The words of a step in order. `exact`: the times are the engine's own, and no estimates."""

    words: tuple[TimedWord, ...]
    exact: bool


def exact_words(text: str, spans: Iterable[TimedSpan], audio_ms: float) -> StepWords:
    """The words of `text` at the times that the engine has told, none before the one in front of it."""
    words: list[TimedWord] = []
    told_ms = 0
    for span in spans:
        # A filter that changes the speed may end a sample or two before the last word does.
        start_ms = max(told_ms, min(round(span.start_s * 1000), int(audio_ms)))
        told_ms = max(start_ms, min(round(span.end_s * 1000), int(audio_ms)))
        words.append(TimedWord(text[span.text_start : span.text_end], start_ms, told_ms))
    return StepWords(tuple(words), exact=True)


def estimated_words(text: str, audio_ms: float) -> StepWords:
    """The words of `text` over `audio_ms` of sound: in order, none before the one in front of it or after the end."""
    words = _WORD.findall(text)
    costs = [(len(word) + 1.0, _PAUSES.get(word.rstrip("\"'”’»)]}」』）")[-1:], 0.0)) for word in words]
    total = sum(spoken + pause for spoken, pause in costs)
    found: list[TimedWord] = []
    before = 0.0
    for word, (spoken, pause) in zip(words, costs, strict=True):
        start_ms, end_ms = audio_ms * before / total, audio_ms * (before + spoken) / total
        found.append(TimedWord(word, round(start_ms), round(end_ms)))
        before += spoken + pause
    return StepWords(tuple(found), exact=False)


def packed(said: StepWords) -> str:
    """Words as they are kept with their step."""
    words = [[word.text, word.start_ms, word.end_ms] for word in said.words]
    return json.dumps({"exact": said.exact, "words": words}, ensure_ascii=False)


def unpacked(data: str) -> StepWords:
    """What `packed` was given; also what it wrote when all times were estimates."""
    kept = json.loads(data)
    kept = kept if isinstance(kept, dict) else {"exact": False, "words": kept}
    return StepWords(tuple(TimedWord(*each) for each in kept["words"]), kept["exact"])
