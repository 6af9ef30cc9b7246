"""When each word of a step is spoken, estimated from its length: for engines that do not say."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

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


def estimated_words(text: str, audio_ms: float) -> list[TimedWord]:
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
    return found


def packed(words: list[TimedWord]) -> str:
    """Words as they are kept with their step."""
    return json.dumps([[word.text, word.start_ms, word.end_ms] for word in words], ensure_ascii=False)


def unpacked(data: str) -> list[TimedWord]:
    """What `packed` was given."""
    return [TimedWord(*each) for each in json.loads(data)]
