"""Scripts of several speakers: lines of `Speaker: text` with pauses between, or the same as JSON."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from makima.audio.tempo import MAX_SPEED, MIN_SPEED
from makima.errors import InvalidDocument
from makima.text.speakable import MAX_TEXT_CHARACTERS, check_characters, is_speakable

MAX_LINES: Final = 2_000
MAX_PAUSE_MS: Final = 60_000
MAX_SPEAKER_CHARACTERS: Final = 60
LINE_PAUSE_MS: Final = 350
"""Between two speakers who let each other finish, without haste."""

PauseMs = Annotated[int, Field(ge=0, le=MAX_PAUSE_MS)]

_LINE = re.compile(rf"([^\W_][^:.!?\[\]{{}}\n]{{0,{MAX_SPEAKER_CHARACTERS - 1}}}?)\s*(?::(?=\s)|：)(.*)")
_PAUSE = re.compile(
    r"\[\s*(?:pause\s*:?\s*)?(\d{1,9}(?:[.,]\d{1,9})?)\s*"
    r"(?:(ms|milliseconds?)|(m|min|mins|minutes?)|(h|hours?)|s|secs?|seconds?)?\s*\]",
    re.IGNORECASE,
)
"""A pause in a line of its own; its units other than seconds are groups."""
_BOLD = re.compile(r"(\*\*|__)([^*_:：\n]{1,80})(?:\1\s*([:：])|([:：])\s*\1)(.*)")
"""A speaker's name in bold, as Markdown has it."""


class Speaker(BaseModel):
    """How one of the speakers sounds; what is left out is the usual. A string is a voice."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _of_voice(cls, fields: Any) -> Any:
        return {"voice": fields} if isinstance(fields, str) else fields

    voice: str | None = Field(None, description="An id of the voices there are")
    language: str | None = Field(None, description="Name or ISO code, or `Auto`")
    speed: float = Field(1.0, ge=MIN_SPEED, le=MAX_SPEED)


class Line(BaseModel):
    """What one speaker says."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    speaker: str = Field("", max_length=MAX_SPEAKER_CHARACTERS)
    text: str
    voice: str | None = Field(None, description="In place of the speaker's")
    pause_ms: PauseMs | None = Field(None, alias="pauseMs", description="The silence behind it")


class Script(BaseModel):
    """Lines in the order in which they are spoken."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    lines: list[Line]
    speakers: dict[str, Speaker] = Field(default_factory=dict)
    pause_ms: PauseMs = Field(LINE_PAUSE_MS, alias="pauseMs", description="The silence between two lines")

    def pause_after(self, number: int) -> int:
        """The silence behind a line; behind the last one there is none, unless it names one."""
        own = self.lines[number].pause_ms
        return own if own is not None else self.pause_ms if number + 1 < len(self.lines) else 0


def read_script(text: str) -> Script:
    """The script in a text: JSON if it begins with a brace, else lines.

    Raises: InvalidDocument naming the line or the field that is wrong; InvalidText
    """
    text = text.lstrip("\ufeff")
    return checked(_json(text) if text.lstrip().startswith("{") else _lines(text))


def checked(script: Script) -> Script:
    """The script as it is, if it can be spoken.

    Raises: InvalidDocument, InvalidText
    """
    if not 0 < len(script.lines) <= MAX_LINES:
        raise InvalidDocument(f"A script has 1 to {MAX_LINES:,} lines; this one has {len(script.lines):,}.")
    for number, line in enumerate(script.lines, start=1):
        check_characters(line.text)
        if not is_speakable(line.text):
            raise InvalidDocument(
                f"Line {number} has nothing that can be spoken.", mend="It needs a letter or a digit."
            )
    characters = sum(len(line.text) for line in script.lines)
    if characters > MAX_TEXT_CHARACTERS:
        raise InvalidDocument(
            f"The script has {characters:,} characters; at most {MAX_TEXT_CHARACTERS:,} are spoken at once.",
            mend="Send it in parts.",
        )
    return script


def _pause_ms(found: re.Match[str], number: int) -> int:
    """Raises: InvalidDocument for one that is too long"""
    unit_ms = 1 if found[2] else 60_000 if found[3] else 3_600_000 if found[4] else 1_000
    ms = round(float(found[1].replace(",", ".")) * unit_ms)
    if ms > MAX_PAUSE_MS:
        raise InvalidDocument(f"Line {number}: a pause is at most {MAX_PAUSE_MS // 1000} s.", mend="Shorten it.")
    return ms


def _json(text: str) -> Script:
    try:
        return Script.model_validate(json.loads(text))
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the script"
        raise InvalidDocument(f"{where}: {first['msg']}.") from exc
    except (ValueError, RecursionError) as exc:
        raise InvalidDocument(f"The script is not JSON: {exc}.") from exc


def _lines(text: str) -> Script:
    """Lines that name no speaker go on with what the one before them says."""
    lines: list[Line] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        stripped = _BOLD.sub(r"\2\3\4 \5", raw.strip(), count=1)
        if not stripped:
            continue
        if pause := _PAUSE.fullmatch(stripped):
            if not lines:
                raise InvalidDocument(f"Line {number}: a pause comes before the first line.", mend="Move it.")
            lines[-1].pause_ms = _pause_ms(pause, number)
        elif found := _LINE.fullmatch(stripped):
            lines.append(Line(speaker=found[1].strip(), text=found[2].strip()))
        elif not lines:
            raise InvalidDocument(f"Line {number} names no speaker: {stripped[:40]!r}.", mend="Write: Anna: Hello.")
        elif lines[-1].pause_ms is not None:
            raise InvalidDocument(f"Line {number} names no speaker behind a pause.", mend="Write: Anna: Hello.")
        else:
            lines[-1].text = f"{lines[-1].text} {stripped}".strip()
    return Script(lines=lines)
