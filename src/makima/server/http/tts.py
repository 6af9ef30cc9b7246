"""`POST /api/v1/tts`: speech for a text, as a WAV stream."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import Receive, Scope, Send

from makima.audio import wav
from makima.audio.marking import SYNTHETIC
from makima.audio.pcm import Encoding
from makima.audio.resample import MAX_RATE_HZ, MIN_RATE_HZ
from makima.engines.output import Format, SpeechOutput
from makima.engines.protocol import SpeechRequest
from makima.errors import MakimaError
from makima.server.access.credentials import credential
from makima.server.auth import Identity
from makima.server.services import Services
from makima.server.wire import DEFAULT_RATE_HZ
from makima.text.language import spoken_language
from makima.text.speakable import MAX_TEXT_CHARACTERS, check_utterance


class TtsRequest(BaseModel):
    """What to speak, and how."""

    model_config = ConfigDict(strict=True)

    text: str = Field(description="1 to 100,000 characters; spoken sentence by sentence", examples=["Hello there."])
    voice: str | None = Field(None, description="An id of `GET /api/v1/voices`; the default voice if left out")
    language: str = Field("English", description="A language by name or ISO code, or `Auto`")
    sample_rate: Annotated[int, Field(alias="sampleRate", ge=MIN_RATE_HZ, le=MAX_RATE_HZ)] = DEFAULT_RATE_HZ
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = Field(None, description="The same seed, the same audio")
    stream: bool = Field(True, description="False waits for the end, and answers with a file of known length")


async def identify(request: Request, services: Services) -> Identity:
    """The sender of this request.

    Raises: Unauthorized
    """
    address = request.client.host if request.client else "unknown"
    return await services.tokens.identity(credential(request.headers), address)


def router(services: Services) -> APIRouter:
    routes = APIRouter(tags=["speech"])

    @routes.post(
        "/api/v1/tts",
        response_class=StreamingResponse,
        responses={200: {"content": {"audio/wav": {}}, "description": "16-bit mono WAV, as it is spoken"}},
    )
    async def tts(body: TtsRequest, request: Request) -> Response:
        """Speak a text. The audio begins with the first sentence, long before the last one is made."""
        return await speech(request, body, services)

    return routes


async def speech(request: Request, body: TtsRequest, services: Services) -> Response:
    """The answer to a request for speech.

    Raises: Unauthorized, InvalidText, InvalidMessage, VoiceNotFound, CapacityError, EngineError, all before any audio
    """
    try:
        who, text, asked = await _checked(request, body, services)
    except MakimaError as exc:
        services.metrics.count_error(exc)
        raise
    form = Format(body.sample_rate, Encoding.PCM16)
    output = SpeechOutput(form, services.observer(who), services.patience, lambda: _left(request))
    with ExitStack() as stack:
        stack.enter_context(output)
        async for _ in services.loading():
            pass
        output.open(services.host.engine, asked)
        output.feed(text, complete=True)
        return await _answer(output, body, stack)


async def _checked(request: Request, body: TtsRequest, services: Services) -> tuple[Identity, str, SpeechRequest]:
    """The text, and what the engine is asked for, once the request is admitted."""
    who = await identify(request, services)
    text = check_utterance(body.text, MAX_TEXT_CHARACTERS)
    language = spoken_language(body.language)
    voice = services.voices.find(body.voice).id
    services.refuse_while_draining()
    await services.limits.admit(who, len(text))
    return who, text, SpeechRequest(voice, language, body.seed)


async def _left(request: Request) -> None:
    """Wait until the client has closed the connection, or has the whole answer."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _answer(output: SpeechOutput, body: TtsRequest, stack: ExitStack) -> Response:
    pieces = _pcm(output)
    # The first piece is awaited here, so that an error before it is answered with a status.
    first = await anext(pieces, b"")
    if body.stream:
        return SpeechResponse(_wav(body.sample_rate, first, pieces), stack.pop_all())
    data = first + b"".join([piece async for piece in pieces])
    header = wav.header(body.sample_rate, data_bytes=len(data), about=SYNTHETIC)
    return Response(header + data, media_type="audio/wav")


class SpeechResponse(StreamingResponse):
    """A streamed answer, after which `speaking` is closed, also if the client leaves before the end."""

    def __init__(self, content: AsyncIterator[bytes], speaking: ExitStack) -> None:
        super().__init__(content, media_type="audio/wav")
        self._speaking = speaking

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._speaking:
            await super().__call__(scope, receive, send)


async def _pcm(output: SpeechOutput) -> AsyncIterator[bytes]:
    async for piece in output:
        if piece.samples:
            yield piece.pcm


async def _wav(rate_hz: int, first: bytes, pcm: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield wav.header(rate_hz, about=SYNTHETIC) + first
    async for piece in pcm:
        yield piece
