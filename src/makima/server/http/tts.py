"""`POST /api/v1/tts`: a text in; a file out as it is spoken, or its audio with the times of its words."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from makima.audio import wav
from makima.audio.marking import SYNTHETIC
from makima.audio.muxing import Container, container, make_muxer
from makima.audio.resample import MAX_RATE_HZ, MIN_RATE_HZ
from makima.audio.tempo import check_speed
from makima.engines.protocol import SpeechRequest
from makima.server import error_map, wire
from makima.server.auth import Identity
from makima.server.doors.common.answers import SpeechAnswer, client_left, speech_answer
from makima.server.doors.common.socket import identify
from makima.server.doors.common.speech import DoorSpeech, Spoken, Wish
from makima.server.doors.common.word_times import TimedWord
from makima.server.services import Services
from makima.server.wire import DEFAULT_RATE_HZ
from makima.text.captions import Captions, timed_words, written_captions
from makima.text.language import spoken_language
from makima.text.pronunciations import from_mapping
from makima.text.speakable import MAX_TEXT_CHARACTERS, check_utterance

TIMED_TYPE = "application/x-ndjson"


class TtsRequest(BaseModel):
    """What to speak, and how."""

    model_config = ConfigDict(strict=True, extra="forbid")

    text: str = Field(description="1 to 100,000 characters; spoken sentence by sentence", examples=["Hello there."])
    voice: str | None = Field(None, description="An id of `GET /api/v1/voices`; the default voice if left out")
    language: str = Field("English", description="A language by name or ISO code, or `Auto`")
    sample_rate: int = Field(DEFAULT_RATE_HZ, alias="sampleRate", ge=MIN_RATE_HZ, le=MAX_RATE_HZ)
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = Field(None, description="The same seed, the same audio")
    pronunciations: dict[str, str] | None = Field(
        None, description="Words as they are written, and what is said for them; `~` in front of one: in any capitals"
    )
    stream: bool = Field(True, description="False waits for the end, and answers with a file of known length")
    format: str = Field("wav", description="mp3, opus, aac, flac, wav, or pcm without a header")
    speed: float = Field(1.0, description="0.25 to 4 times the usual pace, at the same pitch")
    word_times: bool = Field(
        False,
        alias="wordTimes",
        description="JSON lines with the audio in base64 and the words that begin in it; one object without `stream`",
    )
    captions: Captions | None = Field(
        None, strict=False, description="`srt`, `vtt` or `json`: one object with the file and the captions beside it"
    )


def router(services: Services) -> APIRouter:
    routes = APIRouter(tags=["speech"])

    @routes.post(
        "/api/v1/tts",
        response_class=StreamingResponse,
        responses={
            200: {
                "content": {**{each.media_type: {} for each in Container}, TIMED_TYPE: {}},
                "description": "The file, as it is spoken",
            }
        },
    )
    async def tts(body: TtsRequest, request: Request) -> Response:
        """Speak a text. The audio begins with the first sentence, long before the last one is made."""
        return await speech(request, body, services)

    return routes


async def speech(request: Request, body: TtsRequest, services: Services) -> Response:
    """The answer to a request for speech.

    Raises: Unauthorized, InvalidText, InvalidMessage, VoiceNotFound, CapacityError
    """
    who, text, wish = await _checked(request, body, services)
    form = container(body.format)
    if body.stream and not body.word_times and body.captions is None:
        return await speech_answer(request, services, who, wish, text, form, refusal=error_map.response)
    await services.limits.admit(who, len(text))
    wish = replace(wish, words=body.word_times or body.captions is not None)
    spoken = DoorSpeech(services, who, wish, lambda: client_left(request))
    spoken.feed(text)
    spoken.end()
    if body.captions is not None or (body.word_times and not body.stream):
        return await _whole_with_words(spoken, form, wish.rate_hz, body.captions)
    return await (_timed(spoken) if body.word_times else _whole(spoken, form, wish.rate_hz))


async def _checked(request: Request, body: TtsRequest, services: Services) -> tuple[Identity, str, Wish]:
    """Who asks, the text, and what it is to sound like."""
    who = await identify(request, services)
    text = check_utterance(body.text, MAX_TEXT_CHARACTERS)
    voice, language = services.voices.find(body.voice).id, spoken_language(body.language)
    words = from_mapping(body.pronunciations or {})
    asked = SpeechRequest(voice, language, body.seed, pronunciations=words)
    services.refuse_while_draining()
    return who, text, Wish(asked, body.sample_rate, check_speed(body.speed))


async def _whole(spoken: DoorSpeech, form: Container, rate_hz: int) -> Response:
    """The answer as a file whose length is known."""
    data, _ = await _file(spoken, form, rate_hz)
    return Response(data, media_type=form.media_type)


async def _whole_with_words(spoken: DoorSpeech, form: Container, rate_hz: int, kind: Captions | None) -> Response:
    """The answer as one object: the file, the words with their times, and the captions of the kind asked for."""
    data, words = await _file(spoken, form, rate_hz)
    answer: dict[str, object] = {
        "audio": base64.b64encode(data).decode(),
        "mediaType": form.media_type,
        "words": timed_words(words),
        "exact": spoken.exact,
    }
    if kind is not None:
        answer["captions"] = written_captions(words, kind, exact=spoken.exact)
    return JSONResponse(answer)


async def _file(spoken: DoorSpeech, form: Container, rate_hz: int) -> tuple[bytes, list[TimedWord]]:
    """A file whose length is known, and the words in it."""
    muxer = make_muxer(Container.PCM if form is Container.WAV else form, rate_hz)
    data, words = bytearray(), list[TimedWord]()
    async with aclosing(spoken.pieces()) as pieces:
        async for piece in pieces:
            data += muxer.push(piece.pcm)
            words += piece.words
    data += muxer.finish()
    if form is Container.WAV:
        return wav.header(rate_hz, data_bytes=len(data), about=SYNTHETIC) + bytes(data), words
    return bytes(data), words


async def _timed(spoken: DoorSpeech) -> Response:
    pieces = spoken.pieces()
    # The first piece is awaited here, so that an error before it is answered with a status.
    first = await anext(pieces, None)
    return SpeechAnswer(spoken, _lines(spoken, first, pieces), TIMED_TYPE)


async def _lines(
    spoken: DoorSpeech, first: Spoken | None, rest: AsyncGenerator[Spoken, None]
) -> AsyncGenerator[str, None]:
    async with aclosing(rest):
        if first is not None:
            yield _line(first)
        async for piece in rest:
            yield _line(piece)
    yield wire.encode({"done": True, "exact": spoken.exact}) + "\n"


def _line(piece: Spoken) -> str:
    words = [wire.timed_word(word.text, word.start_s, word.end_s) for word in piece.words]
    return wire.encode({"audio": base64.b64encode(piece.pcm).decode(), "words": words}) + "\n"
