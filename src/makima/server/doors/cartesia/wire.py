"""What a Cartesia client sends, decoded once; and what it is sent."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from makima.audio.muxing import Container
from makima.audio.resample import MAX_RATE_HZ, MIN_RATE_HZ
from makima.audio.tempo import check_speed
from makima.errors import InvalidMessage, MakimaError
from makima.server.doors.common.json_objects import LenientFields
from makima.server.doors.common.word_times import TimedWord

_SPEEDS: Mapping[str, float] = {"slowest": 0.6, "slow": 0.8, "normal": 1.0, "fast": 1.25, "fastest": 1.5}
"""The names that older clients send."""


class Voice(LenientFields):
    mode: str = "id"
    id: str | None = None


class OutputFormat(LenientFields):
    container: Literal["raw", "wav", "mp3"] = "raw"
    encoding: Literal["pcm_s16le", "pcm_f32le", "pcm_mulaw", "pcm_alaw"] = "pcm_s16le"
    sample_rate: Annotated[int, Field(ge=MIN_RATE_HZ, le=MAX_RATE_HZ)] = 24_000
    bit_rate: Annotated[int, Field(ge=8_000, le=320_000)] | None = None

    @property
    def form(self) -> Container:
        """The format of the bytes; floats are made from PCM by the door."""
        if self.container != "raw":
            return Container(self.container)
        return {"pcm_mulaw": Container.MULAW, "pcm_alaw": Container.ALAW}.get(self.encoding, Container.PCM)


class Generation(LenientFields):
    speed: float | None = None


class Request(LenientFields):
    """A text to be spoken, whole or in part."""

    transcript: str = ""
    context_id: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    voice: Voice | str = Voice()
    output_format: OutputFormat = OutputFormat()
    language: str | None = None
    more: bool = Field(False, alias="continue")
    flush: bool = False
    cancel: bool = False
    add_timestamps: bool = False
    max_buffer_delay_ms: Annotated[int, Field(ge=0, le=60_000)] = 3_000
    generation_config: Generation | None = None
    speed: float | str | None = None

    @property
    def voice_name(self) -> str | None:
        return self.voice if isinstance(self.voice, str) else self.voice.id

    @property
    def tempo(self) -> float:
        """The speed asked for. Raises: InvalidMessage"""
        asked: float | str | None = self.speed
        if self.generation_config is not None and self.generation_config.speed is not None:
            asked = self.generation_config.speed
        if isinstance(asked, str):
            asked = _SPEEDS.get(asked, 1.0)
        return check_speed(1.0 if asked is None else float(asked))


def decode(fields: Mapping[str, Any]) -> Request:
    """The request in a frame or a body.

    Raises: InvalidMessage saying which field is wrong
    """
    try:
        return Request.model_validate(fields)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_context=False)[0]
        raise InvalidMessage(f"{'.'.join(map(str, first['loc'])) or 'body'}: {first['msg']}.") from exc


def joined(before: str, text: str) -> str:
    """`text` as it goes on after `before`: some clients send sentences without the space between them."""
    bare = before[-1:] in tuple(".!?…;:,") and text[:1].isalnum()
    return f" {text}" if bare else text


def chunk(context_id: str, data: bytes, step_ms: float) -> dict[str, object]:
    encoded = base64.b64encode(data).decode()
    return {
        "type": "chunk",
        "data": encoded,
        "done": False,
        "status_code": 206,
        "step_time": round(step_ms, 3),
        "context_id": context_id,
    }


def timestamps(context_id: str, words: Sequence[TimedWord], offset_s: float) -> dict[str, object]:
    return {
        "type": "timestamps",
        "word_timestamps": {
            "words": [word.text for word in words],
            "start": [round(word.start_s + offset_s, 3) for word in words],
            "end": [round(word.end_s + offset_s, 3) for word in words],
        },
        "done": False,
        "status_code": 206,
        "context_id": context_id,
    }


def flush_done(context_id: str, flush_id: int) -> dict[str, object]:
    message = {"type": "flush_done", "flush_done": True, "flush_id": flush_id, "done": False, "status_code": 206}
    return {**message, "context_id": context_id}


def done(context_id: str) -> dict[str, object]:
    return {"type": "done", "done": True, "status_code": 200, "context_id": context_id}


def explained(exc: MakimaError) -> dict[str, str]:
    """What errors have in common on the socket and over HTTP."""
    return {"title": exc.code, "message": str(exc), "error_code": exc.code.lower()}


def error(context_id: str | None, exc: MakimaError, status: int) -> dict[str, object]:
    message = {"type": "error", "error": str(exc), **explained(exc)}
    # Clients look the context up before they look at the type, so one is always there.
    return {**message, "status_code": status, "done": True, "context_id": context_id or ""}
