"""The messages of `/api/v1/speak`, decoded once and encoded once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from makima.audio.pcm import Encoding
from makima.audio.resample import MAX_RATE_HZ, MIN_RATE_HZ
from makima.audio.tempo import MAX_SPEED, MIN_SPEED
from makima.errors import CapacityError, InvalidMessage, MakimaError, UpstreamError
from makima.events import Loading
from makima.priority import Priority
from makima.server.doors.common.word_times import TimedWord

MAX_MESSAGE_BYTES = 64 * 1024
"""Five times a thousand characters, each written as two JSON escapes, and a token."""

DEFAULT_RATE_HZ = 24_000

Transport = Literal["binary", "json"]
RequestId = Annotated[str, Field(min_length=1, max_length=128)]
Name = Annotated[str, Field(min_length=1, max_length=256)]
Speed = Annotated[float, Field(ge=MIN_SPEED, le=MAX_SPEED, strict=False, allow_inf_nan=False)]
Words = dict[str, str]
"""Words as they are written, and what is said for them; `makima.text.pronunciations` checks them."""


class Message(BaseModel):
    """What a client sends."""

    # An unknown field is refused: a misspelt one would otherwise be missed without a word.
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, strict=True, frozen=True, extra="forbid")


class Start(Message):
    """Everything a session can choose; may be sent again between utterances."""

    type: Literal["start"]
    sample_rate: int = Field(DEFAULT_RATE_HZ, ge=MIN_RATE_HZ, le=MAX_RATE_HZ)
    # JSON has only strings, which strict mode would refuse for an enum.
    encoding: Annotated[Encoding, Field(strict=False)] = Encoding.PCM16
    voice: Name | None = None
    language: Name | None = None
    auth_token: Annotated[str, Field(max_length=16_384)] | None = None
    contract_id: Name | None = None
    transport: Transport = "binary"
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    respond: bool = False
    pronunciations: Words | None = None
    word_times: bool = False
    speed: Speed = 1.0


class _Utterance(Message):
    # Checked by makima.text: an invalid text has an error code of its own, and pydantic refuses half of a surrogate
    # pair, which the next piece may complete.
    text: Any = None
    request_id: RequestId | None = None
    priority: Priority = "normal"
    voice: Name | None = None
    language: Name | None = None
    pronunciations: Words | None = None
    speed: Speed | None = None


class Speak(_Utterance):
    """A whole utterance."""

    type: Literal["speak"]


class Append(_Utterance):
    """The next piece of an utterance whose text is still being written."""

    type: Literal["append"]


class End(Message):
    """The text begun by `append` is complete."""

    type: Literal["end"]
    request_id: RequestId | None = None


class Cancel(Message):
    """End one utterance, or all. After `interrupted`, `playedMs` says how much of it the client had played."""

    type: Literal["cancel"]
    request_id: RequestId | None = None
    played_ms: Annotated[float, Field(ge=0, strict=False)] | None = None


class Stop(Message):
    """End the session."""

    type: Literal["stop"]
    reason: Annotated[str, Field(max_length=1_024)] | None = None


MessageT = TypeVar("MessageT")
ClientMessage = Start | Speak | Append | End | Cancel | Stop
_ADAPTER: TypeAdapter[ClientMessage] = TypeAdapter(Annotated[ClientMessage, Field(discriminator="type")])
_MODELS: Mapping[str, type[Message]] = MappingProxyType(
    {"start": Start, "speak": Speak, "append": Append, "end": End, "cancel": Cancel, "stop": Stop}
)


def describe() -> list[dict[str, object]]:
    """Each client message as a JSON schema, for the API page."""
    models: tuple[type[Message], ...] = (Start, Speak, Append, End, Cancel, Stop)
    return [
        {"type": model.__name__.lower(), "description": model.__doc__, "schema": model.model_json_schema()}
        for model in models
    ]


def decode(text: str) -> ClientMessage:
    """The message in one text frame.

    Raises: InvalidMessage saying which field is wrong and what was expected.
    """
    message = decode_as(text, _ADAPTER, _MODELS)
    if isinstance(message, _Utterance) and not isinstance(message.text, str):
        raise InvalidMessage("text: a string is needed.")
    return message


def decode_as(text: str, adapter: TypeAdapter[MessageT], models: Mapping[str, type[Message]]) -> MessageT:
    """The message in one text frame, which must be one of these `models`, by their types.

    Raises: InvalidMessage
    """
    types = ", ".join(models)
    if len(text) > MAX_MESSAGE_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_MESSAGE_BYTES:
        raise InvalidMessage(
            f"The message is larger than {MAX_MESSAGE_BYTES // 1024} KiB.", mend="Send the text in pieces with append."
        )
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise InvalidMessage("The message is not JSON.") from exc
    if not isinstance(fields, dict):
        raise InvalidMessage("The message is not a JSON object.")
    if not isinstance(fields.get("type"), str):
        raise InvalidMessage("The message has no type.", mend=f"It must be one of: {types}.")
    try:
        return adapter.validate_python(fields)
    except ValidationError as exc:
        raise _explained(exc, types, models.get(fields["type"])) from exc


def _explained(exc: ValidationError, types: str, model: type[Message] | None) -> InvalidMessage:
    first = exc.errors(include_url=False, include_context=False)[0]
    if first["type"] in ("union_tag_invalid", "union_tag_not_found"):
        return InvalidMessage("The type of the message is unknown.", mend=f"It must be one of: {types}.")
    if first["type"] == "extra_forbidden" and model is not None:
        return unknown_field(str(first["loc"][-1]), model)
    # The first part of the location is the message's type.
    field = ".".join(str(part) for part in first["loc"][1:]) or "message"
    return InvalidMessage(f"{field}: {first['msg']}.")


def unknown_field(name: str, model: type[BaseModel]) -> InvalidMessage:
    """The error for a field that `model` does not have: it names the one that may have been meant."""
    known = [field.alias or own for own, field in model.model_fields.items()]
    spellings = {
        spelling: each for own, each in zip(model.model_fields, known, strict=True) for spelling in (own, each)
    }
    near = get_close_matches(to_camel(name), spellings, 1, 0.6) or get_close_matches(name, spellings, 1, 0.6)
    mend = f"Did you mean {spellings[near[0]]}?" if near else f"Known are: {', '.join(known)}."
    return InvalidMessage(f"The field {name!r} is not known.", mend=mend)


def error(exc: MakimaError, request_id: str | None = None) -> dict[str, object]:
    """The `error` message for `exc`."""
    message: dict[str, object] = {
        "type": "error",
        "code": exc.code,
        "message": str(exc),
        "recoverable": exc.recoverable,
    }
    if request_id is not None:
        message["requestId"] = request_id
    if isinstance(exc, CapacityError | UpstreamError) and exc.retry_after_s is not None:
        message["retryAfterMs"] = max(1, round(exc.retry_after_s * 1000))
    return message


def refusal(exc: MakimaError, request_id: str | None = None, *, is_open: bool = False) -> dict[str, object]:
    """The `error` message for `exc` that refuses a message, which named `request_id`, and ends no utterance.

    `requestId` stands in it only if that utterance was not accepted (not `is_open`): with it, an error ends a request.
    """
    message = {**error(exc, None if is_open else request_id), "refused": True}
    if request_id is not None:
        message["refusedId"] = request_id
    return message


def replaced(contract_id: str, on: bool) -> dict[str, object]:
    """The message that another session has taken this one's place in its conversation, or that it has it again."""
    return {"type": "replaced" if on else "restored", "contractId": contract_id}


def loading(news: Loading) -> dict[str, object]:
    """The `loading` message."""
    return {"type": "loading", "what": news.what, "progress": news.progress}


def timed_word(text: str, start_s: float, end_s: float) -> dict[str, object]:
    """A word and when it is spoken, as it stands in messages."""
    return {"text": text, "startMs": round(start_s * 1000), "endMs": round(end_s * 1000)}


def words(request_id: str, timed: Iterable[TimedWord], *, exact: bool) -> dict[str, object]:
    """The `words` message: those that begin in the audio that follows. `exact`: the engine says when."""
    told = [timed_word(word.text, word.start_s, word.end_s) for word in timed]
    return {"type": "words", "requestId": request_id, "words": told, "exact": exact}


def encode(message: dict[str, object]) -> str:
    """One text frame."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))
