"""`POST /api/v1/tts`: a text in, a WAV stream out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import Receive, Scope, Send

from makima.audio import wav
from makima.audio.marking import SYNTHETIC
from makima.audio.pcm import Encoding, encode
from makima.audio.resample import MAX_RATE_HZ, MIN_RATE_HZ, Resampler
from makima.engines.bridge import StreamReader
from makima.engines.protocol import SpeechRequest, SpeechStream
from makima.errors import SynthesisFailed
from makima.events import AudioChunk, SpeechEnd
from makima.server.auth import Identity, bearer_token
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
    """Who sends this request.

    Raises: Unauthorized
    """
    address = request.client.host if request.client else "unknown"
    return Identity(await services.tokens.subject(bearer_token(request.headers)), address)


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
    who = await identify(request, services)
    text = check_utterance(body.text, MAX_TEXT_CHARACTERS)
    language = spoken_language(body.language)
    voice = services.voices.find(body.voice).id
    services.refuse_while_draining()
    await services.limits.admit(who, len(text))
    async for _ in services.loading():
        pass
    stream = services.host.engine.open(SpeechRequest(voice, language, body.seed))
    stream.feed(text)
    stream.end_text()
    return await _answer(request, body, stream, services)


async def _answer(request: Request, body: TtsRequest, stream: SpeechStream, services: Services) -> Response:
    pcm = _pcm(services, stream, body.sample_rate)
    try:
        # The first piece is awaited here, so that what goes wrong before it is still answered with a status.
        first = await anext(pcm, b"")
        if body.stream:
            return SpeechResponse(stream, _wav(body.sample_rate, first, pcm), media_type="audio/wav")
        pieces = [first]
        async for piece in pcm:
            pieces.append(piece)
            if await request.is_disconnected():
                stream.cancel()
    except BaseException:
        stream.cancel()
        raise
    data = b"".join(pieces)
    header = wav.header(body.sample_rate, data_bytes=len(data), about=SYNTHETIC)
    return Response(header + data, media_type="audio/wav")


class SpeechResponse(StreamingResponse):
    """A streamed answer whose speech is cancelled as soon as nobody listens any more."""

    def __init__(self, stream: SpeechStream, content: AsyncIterator[bytes], media_type: str) -> None:
        super().__init__(content, media_type=media_type)
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._stream.cancel()


async def _pcm(services: Services, stream: SpeechStream, rate_hz: int) -> AsyncIterator[bytes]:
    resampler = Resampler(stream.sample_rate_hz, rate_hz)
    reader = StreamReader(stream)
    while True:
        event = await reader.next(services.settings.audio_timeout_s)
        if isinstance(event, AudioChunk):
            samples = resampler.push(event.samples)
        elif event.reason == "failed":
            raise event.error or SynthesisFailed("The engine failed without saying why.")
        else:
            samples = resampler.flush()
        if len(samples):
            services.metrics.audio_seconds.inc(len(samples) / rate_hz)
            yield encode(samples, Encoding.PCM16)
        if isinstance(event, SpeechEnd):
            services.metrics.utterances.labels(event.reason).inc()
            return


async def _wav(rate_hz: int, first: bytes, pcm: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield wav.header(rate_hz, about=SYNTHETIC) + first
    async for piece in pcm:
        yield piece
