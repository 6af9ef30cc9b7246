"""`POST /v1/text-to-speech/{voice}` and its streamed and timed forms, as ElevenLabs' clients ask for them."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from makima.audio.muxing import make_muxer
from makima.errors import MakimaError
from makima.server.auth import Identity
from makima.server.doors.common.answers import (
    SpeechAnswer,
    checked_text,
    client_left,
    json_body,
    speech_answer,
)
from makima.server.doors.common.envelopes import enveloped
from makima.server.doors.common.socket import identify
from makima.server.doors.common.speech import DoorSpeech, Wish
from makima.server.doors.common.wishes import request_of
from makima.server.doors.common.word_times import TimedWord
from makima.server.doors.elevenlabs import wire
from makima.server.doors.elevenlabs.refusals import refusal
from makima.server.services import Services


def router(services: Services) -> APIRouter:
    routes = APIRouter(tags=["elevenlabs"])

    @routes.post("/v1/text-to-speech/{voice}", response_class=StreamingResponse)
    @routes.post("/v1/text-to-speech/{voice}/stream", response_class=StreamingResponse)
    async def convert(voice: str, request: Request) -> Response:
        """Speak the `text` of the body in the `output_format` of the query."""
        return await enveloped(request, services, lambda r, s: _convert(r, s, voice), refusal)

    @routes.post("/v1/text-to-speech/{voice}/with-timestamps")
    async def timed(voice: str, request: Request) -> Response:
        """The same as JSON, with the times of the characters."""
        return await enveloped(request, services, lambda r, s: _timed(r, s, voice), refusal)

    @routes.post("/v1/text-to-speech/{voice}/stream/with-timestamps")
    async def timed_stream(voice: str, request: Request) -> Response:
        """The same as JSON lines, as it is spoken."""
        return await enveloped(request, services, lambda r, s: _timed_stream(r, s, voice), refusal)

    return routes


async def _asked(request: Request, services: Services, voice: str) -> tuple[Identity, str, Wish, wire.OutputFormat]:
    who = await identify(request, services)
    body = wire.decode_body(await json_body(request))
    form = wire.output_format(request.query_params.get("output_format"))
    text = checked_text(body.text, "text")
    wish = Wish(request_of(services, voice, body.language_code, body.seed), form.rate_hz, body.speed)
    return who, text, wish, form


async def _convert(request: Request, services: Services, voice: str) -> Response:
    who, text, wish, form = await _asked(request, services, voice)
    return await speech_answer(request, services, who, wish, text, form.form, bit_rate=form.bit_rate, refusal=refusal)


async def _timed_stream(request: Request, services: Services, voice: str) -> Response:
    speech, pieces = await _begun(request, services, voice)
    try:
        first = await anext(pieces, None)
    except MakimaError as exc:
        return refusal(exc)  # it was counted as the end of the utterance

    async def lines() -> AsyncGenerator[str, None]:
        async with aclosing(pieces):
            if first is not None:
                yield _line(*first)
            async for data, words in pieces:
                yield _line(data, words)

    return SpeechAnswer(speech, lines(), "application/json")


async def _timed(request: Request, services: Services, voice: str) -> Response:
    _, begun = await _begun(request, services, voice)
    data, words = bytearray(), list[TimedWord]()
    try:
        async with aclosing(begun) as pieces:
            async for piece, timed in pieces:
                data += piece
                words += timed
    except MakimaError as exc:
        return refusal(exc)  # it was counted as the end of the utterance
    return JSONResponse(_fields(bytes(data), words))


async def _begun(
    request: Request, services: Services, voice: str
) -> tuple[DoorSpeech, AsyncGenerator[tuple[bytes, Sequence[TimedWord]], None]]:
    """The speech that is asked for, which ends when the client leaves, and its encoded pieces with their words."""
    who, text, wish, form = await _asked(request, services, voice)
    services.refuse_while_draining()
    muxer = make_muxer(form.form, form.rate_hz, form.bit_rate)
    await services.limits.admit(who, len(text))
    speech = DoorSpeech(services, who, wish, lambda: client_left(request))
    speech.feed(text)
    speech.end()

    async def pieces() -> AsyncGenerator[tuple[bytes, Sequence[TimedWord]], None]:
        async with aclosing(speech.pieces()) as spoken:
            async for piece in spoken:
                yield muxer.push(piece.pcm), piece.words
        yield muxer.finish(), ()

    return speech, pieces()


def _line(data: bytes, words: Sequence[TimedWord]) -> str:
    return json.dumps(_fields(data, words), ensure_ascii=False) + "\n"


def _fields(data: bytes, words: Sequence[TimedWord]) -> dict[str, object]:
    characters: list[str] = []
    starts: list[float] = []
    ends: list[float] = []
    for word in words:
        step_s = (word.end_s - word.start_s) / (len(word.text) + 1)
        for place, char in enumerate(f"{word.text} "):
            characters.append(char)
            starts.append(round(word.start_s + place * step_s, 3))
            ends.append(round(word.start_s + (place + 1) * step_s, 3))
    alignment = {
        "characters": characters,
        "character_start_times_seconds": starts,
        "character_end_times_seconds": ends,
    }
    known = alignment if characters else None
    return {"audio_base64": base64.b64encode(data).decode(), "alignment": known, "normalized_alignment": known}
