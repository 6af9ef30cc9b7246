"""`POST /v1/audio/speech`: speech as OpenAI's clients ask for it."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from makima.audio.muxing import container
from makima.audio.tempo import check_speed
from makima.errors import InvalidMessage, MakimaError
from makima.server.doors.common.answers import checked_text, speech_answer
from makima.server.doors.common.envelopes import enveloped
from makima.server.doors.common.socket import identify
from makima.server.doors.common.speech import DoorSpeech, Wish
from makima.server.doors.common.wishes import request_of
from makima.server.services import Services

RATE_HZ = 24_000
"""What OpenAI's PCM has, which carries no header to say so."""


class VoiceId(BaseModel):
    """A voice as an object."""

    id: str


class SpeechBody(BaseModel):
    """What to speak, and how. Fields that are not known are ignored, as OpenAI's clients may send any."""

    model_config = ConfigDict(extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, fields: Any) -> Any:
        """Clients that write every field write null, or nothing, for those that were not chosen."""
        if not isinstance(fields, dict):
            return fields
        return {name: value for name, value in fields.items() if value is not None and (value != "" or name == "input")}

    input: str = Field(description="1 to 100,000 characters", examples=["Hello there."])
    model: str = Field("tts-1", description="Any name")
    voice: str | VoiceId | None = Field(None, description="One of `GET /v1/audio/voices`, or one of OpenAI's thirteen")
    response_format: str = Field("mp3", description="mp3, opus, aac, flac, wav or pcm")
    speed: Annotated[float, Field(allow_inf_nan=False)] = Field(1.0, description="0.25 to 4")
    stream_format: Literal["audio", "sse"] = "audio"
    instructions: str | None = Field(None, description="Ignored by engines that take none")
    language: str | None = Field(None, description="By name or ISO code")
    pronunciations: dict[str, str] | None = Field(
        None, description="Written words, and what is said for them", examples=[{"Nguyen": "win"}]
    )


_SCHEMA = SpeechBody.model_json_schema(ref_template="#/components/schemas/{model}")


def router(services: Services) -> APIRouter:
    routes = APIRouter(tags=["openai"])

    @routes.post(
        "/v1/audio/speech",
        response_class=StreamingResponse,
        openapi_extra={"requestBody": {"content": {"application/json": {"schema": _SCHEMA}}}},
    )
    async def speech(request: Request) -> Response:
        """Speak a text, in the format asked for. The answer begins with the first sentence."""
        return await enveloped(request, services, _speech)

    return routes


async def _speech(request: Request, services: Services) -> Response:
    who = await identify(request, services)
    body = await _body(request)
    form = container(body.response_format.lower())
    text = checked_text(body.input, "input")
    voice = body.voice.id if isinstance(body.voice, VoiceId) else body.voice
    wish = Wish(
        request_of(services, voice, body.language, pronunciations=body.pronunciations), RATE_HZ, check_speed(body.speed)
    )
    if body.stream_format == "sse":
        return await speech_answer(
            request, services, who, wish, text, form, media_type="text/event-stream", wrap=_events
        )
    return await speech_answer(request, services, who, wish, text, form)


async def _body(request: Request) -> SpeechBody:
    try:
        return SpeechBody.model_validate_json(await request.body())
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_context=False)[0]
        field = str(first["loc"][0]) if first["loc"] else "body"
        raise InvalidMessage(f"{field}: {first['msg']}.") from exc


async def _events(data: AsyncGenerator[bytes, None], speech: DoorSpeech) -> AsyncGenerator[str, None]:
    """The file's bytes as server-sent events. Usage is counted as OpenAI's price list does it, roughly."""
    async with aclosing(data):
        try:
            async for piece in data:
                yield _event({"type": "speech.audio.delta", "audio": base64.b64encode(piece).decode()})
        except MakimaError as exc:
            yield _event({"type": "error", "error": {"message": str(exc), "code": exc.code.lower()}})
            return
    spent, made = max(1, len(speech.text) // 4), max(1, round(speech.audio_s * 20))
    usage = {"input_tokens": spent, "output_tokens": made, "total_tokens": spent + made}
    yield _event({"type": "speech.audio.done", "usage": usage})


def _event(fields: dict[str, object]) -> str:
    return f"data: {json.dumps(fields, ensure_ascii=False)}\n\n"
