"""What an ElevenLabs client sends, decoded once; and what it is sent."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from makima.audio.muxing import Container
from makima.audio.tempo import check_speed
from makima.errors import InvalidMessage, MakimaError
from makima.server.doors.common.json_objects import LenientFields
from makima.server.doors.common.word_times import TimedWord

DEFAULT_FORMAT = "mp3_44100_128"

_FORMATS: Mapping[str, tuple[Container, tuple[int, ...]]] = {
    "pcm": (Container.PCM, (8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)),
    "mp3": (Container.MP3, (22_050, 24_000, 44_100)),
    "opus": (Container.OPUS, (48_000,)),
    "wav": (Container.WAV, (8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)),
    "ulaw": (Container.MULAW, (8_000,)),
    "alaw": (Container.ALAW, (8_000,)),
}
_NAME = re.compile(r"([a-z0-9]+)_([0-9]{1,6})(?:_([0-9]{1,4}))?")


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """What `output_format` stands for.

    Units: bit_rate in bits per second
    """

    form: Container
    rate_hz: int
    bit_rate: int | None = None


def output_format(name: str | None) -> OutputFormat:
    """The format of this name, such as `mp3_44100_128` or `pcm_16000`.

    Raises: InvalidMessage naming what there is
    """
    match = _NAME.fullmatch(name or DEFAULT_FORMAT)
    form, rates = _FORMATS.get(match.group(1), (None, ())) if match is not None else (None, ())
    if match is None or form is None or int(match.group(2)) not in rates:
        known = ", ".join(f"{kind}_{rate}" for kind, (_, known_rates) in _FORMATS.items() for rate in known_rates)
        raise InvalidMessage(f"output_format: {name!r} is not known.", mend=f"Use one of: {known}.")
    return OutputFormat(form, int(match.group(2)), int(match.group(3)) * 1_000 if match.group(3) else None)


class VoiceSettings(LenientFields):
    speed: float | None = None


class Message(LenientFields):
    """A frame of either socket."""

    text: str | None = None
    context_id: str | None = None
    voice_settings: VoiceSettings | None = None
    flush: bool = False
    try_trigger_generation: bool = False
    close_context: bool = False
    close_socket: bool = False

    @property
    def speed(self) -> float:
        """The speed asked for. Raises: InvalidMessage"""
        asked = self.voice_settings.speed if self.voice_settings is not None else None
        return check_speed(1.0 if asked is None else asked)


class Body(LenientFields):
    """The body of an HTTP request."""

    text: str = ""
    language_code: str | None = None
    seed: int | None = None
    voice_settings: VoiceSettings | None = None

    @property
    def speed(self) -> float:
        """The speed asked for. Raises: InvalidMessage"""
        asked = self.voice_settings.speed if self.voice_settings is not None else None
        return check_speed(1.0 if asked is None else asked)


def decode(fields: Mapping[str, Any]) -> Message:
    """The message in a frame.

    Raises: InvalidMessage saying which field is wrong
    """
    try:
        return Message.model_validate(fields)
    except ValidationError as exc:
        raise _explained(exc) from exc


def decode_body(fields: Mapping[str, Any]) -> Body:
    """The request in a body.

    Raises: InvalidMessage saying which field is wrong
    """
    try:
        return Body.model_validate(fields)
    except ValidationError as exc:
        raise _explained(exc) from exc


def _explained(exc: ValidationError) -> InvalidMessage:
    first = exc.errors(include_url=False, include_context=False)[0]
    return InvalidMessage(f"{'.'.join(map(str, first['loc'])) or 'body'}: {first['msg']}.")


class Alignment:
    """Times of characters, message by message: each message's times begin at the end of the one before."""

    def __init__(self) -> None:
        self._told_ms = 0

    def take(self, words: Sequence[TimedWord], offset_s: float) -> dict[str, list[Any]] | None:
        """The alignment for these words, whose times count from `offset_s`; None if there are none."""
        if not words:
            return None
        chars: list[str] = []
        starts: list[int] = []
        durations: list[int] = []
        end_ms = self._told_ms
        for word in words:
            start_ms = max(end_ms, round((word.start_s + offset_s) * 1000))
            end_ms = max(start_ms, round((word.end_s + offset_s) * 1000))
            # A word ends at a space for the clients, so the last one has a space too.
            for place, char in enumerate(f"{word.text} "):
                at = start_ms + (end_ms - start_ms) * place // (len(word.text) + 1)
                until = start_ms + (end_ms - start_ms) * (place + 1) // (len(word.text) + 1)
                chars.append(char)
                starts.append(at - self._told_ms)
                durations.append(until - at)
        self._told_ms = end_ms
        return {"chars": chars, "charStartTimesMs": starts, "charDurationsMs": durations}


def audio(data: bytes, alignment: dict[str, list[Any]] | None, context_id: str | None) -> dict[str, object]:
    message: dict[str, object] = {
        "audio": base64.b64encode(data).decode(),
        "isFinal": None,
        "normalizedAlignment": alignment,
        "alignment": alignment,
    }
    return _named(message, context_id)


def final(context_id: str | None) -> dict[str, object]:
    return _named({"audio": None, "isFinal": True, "normalizedAlignment": None, "alignment": None}, context_id)


def error(exc: MakimaError, context_id: str | None) -> dict[str, object]:
    return _named({"message": str(exc), "error": exc.code.lower(), "code": 1008}, context_id)


def _named(message: dict[str, object], context_id: str | None) -> dict[str, object]:
    return message if context_id is None else {**message, "contextId": context_id}
