"""`POST /v1/audio/speech`: speech as OpenAI's clients ask for it."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.types import Receive, Scope, Send

from makima.audio.muxing import Muxer, container, make_muxer
from makima.audio.tempo import check_speed
from makima.engines.protocol import SpeechRequest
from makima.errors import InvalidMessage, InvalidText, MakimaError
from makima.server.doors.aliases import find_voice
from makima.server.doors.openai.envelopes import enveloped, identify_client
from makima.server.doors.speech import DoorSpeech, Wish
from makima.server.services import Services
from makima.text.language import AUTO, canonical
from makima.text.speakable import MAX_TEXT_CHARACTERS, check_characters

RATE_HZ = 24_000
"""What OpenAI's PCM has, which carries no header to say so."""


class VoiceId(BaseModel):
    """A voice as an object."""

    id: str


class SpeechBody(BaseModel):
    """What to speak, and how. Fields that are not known are ignored, as OpenAI's clients may send any."""

    model_config = ConfigDict(extra="ignore")

    input: str = Field(description="1 to 100,000 characters", examples=["Hello there."])
    model: str = Field("tts-1", description="Any name")
    voice: str | VoiceId | None = Field(None, description="One of `GET /v1/audio/voices`, or one of OpenAI's thirteen")
    response_format: str = Field("mp3", description="mp3, opus, aac, flac, wav or pcm")
    speed: Annotated[float, Field(allow_inf_nan=False)] = Field(1.0, description="0.25 to 4")
    stream_format: Literal["audio", "sse"] = "audio"
    instructions: str | None = Field(None, description="Ignored by engines that take none")
    language: str | None = Field(None, description="By name or ISO code")


def router(services: Services) -> APIRouter:
    routes = APIRouter(tags=["openai"])

    @routes.post(
        "/v1/audio/speech",
        response_class=StreamingResponse,
        openapi_extra={"requestBody": {"content": {"application/json": {"schema": SpeechBody.model_json_schema()}}}},
    )
    async def speech(request: Request) -> Response:
        """Speak a text, in the format asked for. The answer begins with the first sentence."""
        return await enveloped(request, services, _speech)

    return routes


async def _speech(request: Request, services: Services) -> Response:
    who = await identify_client(request, services)
    body = await _body(request)
    form = container(body.response_format)
    text = _text(body.input)
    wish = Wish(_wanted(body, services), RATE_HZ, check_speed(body.speed))
    services.refuse_while_draining()
    await services.limits.admit(who, len(text))
    speech = DoorSpeech(services, wish)
    speech.feed(text)
    speech.end()
    encoded = _encoded(speech, make_muxer(form, RATE_HZ))
    # The first bytes are awaited here, so that what goes wrong before them is still answered with a status.
    try:
        first = await anext(encoded, b"")
    except BaseException:
        speech.cancel()
        raise
    data = _joined(first, encoded)
    if body.stream_format == "sse":
        return SpeechAnswer(speech, _events(data, speech, text), "text/event-stream")
    return SpeechAnswer(speech, data, form.media_type)


async def _body(request: Request) -> SpeechBody:
    try:
        return SpeechBody.model_validate_json(await request.body())
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_context=False)[0]
        field = str(first["loc"][0]) if first["loc"] else "body"
        raise InvalidMessage(f"{field}: {first['msg']}.") from exc


def _text(text: str) -> str:
    """The text that is spoken. One without a sound is spoken as a short silence; an empty one is refused."""
    check_characters(text)
    text = text.strip()
    if not text:
        raise InvalidText("input: there is nothing to say.")
    if len(text) > MAX_TEXT_CHARACTERS:
        raise InvalidText(
            f"input: {len(text):,} characters are more than {MAX_TEXT_CHARACTERS:,}.", mend="Send it in parts."
        )
    return text


def _wanted(body: SpeechBody, services: Services) -> SpeechRequest:
    name = body.voice.id if isinstance(body.voice, VoiceId) else body.voice
    voice = find_voice(services.voices, name)
    language = canonical(body.language) if body.language else None
    if language is None or language == AUTO:
        language = voice.language
    return SpeechRequest(voice.id, language)


async def _encoded(speech: DoorSpeech, muxer: Muxer) -> AsyncGenerator[bytes, None]:
    async with aclosing(speech.pieces()) as pieces:
        async for piece in pieces:
            if data := muxer.push(piece.pcm):
                yield data
    if data := muxer.finish():
        yield data


async def _joined(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(rest):
        yield first
        async for data in rest:
            yield data


async def _events(data: AsyncGenerator[bytes, None], speech: DoorSpeech, text: str) -> AsyncGenerator[str, None]:
    """The file's bytes as server-sent events. Usage is counted as OpenAI's price list does it, roughly."""
    async with aclosing(data):
        try:
            async for piece in data:
                yield _event({"type": "speech.audio.delta", "audio": base64.b64encode(piece).decode()})
        except MakimaError as exc:
            yield _event({"type": "error", "error": {"message": str(exc), "code": exc.code.lower()}})
            return
    spent, made = max(1, len(text) // 4), max(1, round(speech.audio_s * 20))
    usage = {"input_tokens": spent, "output_tokens": made, "total_tokens": spent + made}
    yield _event({"type": "speech.audio.done", "usage": usage})


def _event(fields: dict[str, object]) -> str:
    return f"data: {json.dumps(fields, ensure_ascii=False)}\n\n"


class SpeechAnswer(StreamingResponse):
    """A streamed answer whose speech is cancelled as soon as the client has left."""

    def __init__(self, speech: DoorSpeech, content: AsyncIterator[str] | AsyncIterator[bytes], media_type: str) -> None:
        super().__init__(content, media_type=media_type)
        self._speech = speech

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._speech.cancel()
