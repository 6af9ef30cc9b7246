"""The messages of `/api/v1/listen`, decoded once and encoded once."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from makima.audio.pcm import Encoding
from makima.audio.resample import MAX_RATE_HZ, MIN_RATE_HZ
from makima.server import wire
from makima.stt.protocol import RATE_HZ, Final, Missed, Partial, SpeechEnded, SpeechStarted


class ListenStart(wire.Message):
    """What the audio is, and what is wanted of it; once, before any audio."""

    type: Literal["start"]
    sample_rate: int = Field(RATE_HZ, ge=MIN_RATE_HZ, le=MAX_RATE_HZ)
    # JSON has only strings, which strict mode would refuse for an enum.
    encoding: Annotated[Encoding, Field(strict=False)] = Encoding.PCM16
    language: wire.Name | None = None
    contract_id: wire.Name | None = None
    auth_token: Annotated[str, Field(max_length=16_384)] | None = None
    diarize: bool = False


class ListenText(wire.Message):
    """What someone typed in a conversation, in place of speaking; between `start` and `stop`."""

    type: Literal["text"]
    text: Annotated[str, Field(min_length=1, max_length=4_000)]


ListenMessage = ListenStart | ListenText | wire.Stop
_ADAPTER: TypeAdapter[ListenMessage] = TypeAdapter(Annotated[ListenMessage, Field(discriminator="type")])


_MODELS: Mapping[str, type[wire.Message]] = MappingProxyType(
    {"start": ListenStart, "text": ListenText, "stop": wire.Stop}
)


def describe() -> list[dict[str, object]]:
    """Each client message as a JSON schema, for the API page."""
    named = (("start", ListenStart), ("text", ListenText), ("stop", wire.Stop))
    return [{"type": name, "description": model.__doc__, "schema": model.model_json_schema()} for name, model in named]


def decode(text: str) -> ListenMessage:
    """The message in one text frame.

    Raises: InvalidMessage
    """
    return wire.decode_as(text, _ADAPTER, _MODELS)


def event(heard: SpeechStarted | Partial | SpeechEnded | Final | Missed) -> dict[str, object]:
    """The message for an event."""
    match heard:
        case SpeechStarted(utterance, at_ms):
            return {"type": "speechStarted", "utterance": utterance, "atMs": at_ms}
        case SpeechEnded(utterance, at_ms):
            return {"type": "speechEnded", "utterance": utterance, "atMs": at_ms}
        case Missed(utterance, error):
            return {**wire.error(error), "utterance": utterance}
        case Partial(utterance, text, start_ms, end_ms, speaker) | Final(utterance, text, start_ms, end_ms, speaker):
            return {
                "type": "final" if isinstance(heard, Final) else "partial",
                "utterance": utterance,
                "text": text,
                "startMs": start_ms,
                "endMs": end_ms,
                "speaker": speaker,
            }
