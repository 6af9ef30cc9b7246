"""What the fields of Wyoming's events must be. The event classes take whatever stands in them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from wyoming.event import Event

from makima.audio.pcm import MAX_CHANNELS, WIDTHS
from makima.audio.resample import MAX_RATE_HZ, MIN_RATE_HZ
from makima.errors import InvalidMessage


def _whole(text: str) -> str:
    """Raises: ValueError for half of a surrogate pair, which cannot be sent back"""
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        raise ValueError("it holds half of a surrogate pair") from exc
    return text


_Str = Annotated[str, AfterValidator(_whole)]


class _Fields(BaseModel):
    """Strict, as the event classes are given the same values unconverted. Fields that are not known are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore")


class _Voice(_Fields):
    name: _Str | None = None
    language: _Str | None = None
    speaker: _Str | None = None


class _Start(_Fields):
    voice: _Voice | None = None


class _Text(_Fields):
    text: _Str


class _Whole(_Text, _Start):
    pass


class _Ping(_Fields):
    text: _Str | None = None


class _Transcribe(_Fields):
    language: _Str | None = None


class _Audio(_Fields):
    rate: Annotated[int, Field(ge=MIN_RATE_HZ, le=MAX_RATE_HZ)]
    width: Annotated[int, Field(ge=min(WIDTHS), le=max(WIDTHS))]
    channels: Annotated[int, Field(ge=1, le=MAX_CHANNELS)]


_MODELS: Mapping[str, type[_Fields]] = MappingProxyType(
    {
        "synthesize": _Whole,
        "synthesize-start": _Start,
        "synthesize-chunk": _Text,
        "ping": _Ping,
        "transcribe": _Transcribe,
        "audio-start": _Audio,
        "audio-chunk": _Audio,
    }
)


def checked(event: Event) -> Event:
    """The event with the fields that are read, without those that are null. Other kinds of events stay as they are.

    Raises: InvalidMessage where a field is missing or wrong
    """
    model = _MODELS.get(event.type)
    if model is None:
        return event
    try:
        fields = model.model_validate(event.data)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_context=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise InvalidMessage(f"{event.type}: {field}: {first['msg']}.") from exc
    return Event(event.type, fields.model_dump(exclude_none=True), event.payload)
