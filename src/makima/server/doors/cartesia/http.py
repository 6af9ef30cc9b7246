"""`POST /tts/bytes` and `/tts/sse`: a text in, its audio or events with it out, as Cartesia's clients ask for them."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from makima.errors import InvalidMessage, MakimaError
from makima.server.doors.cartesia import wire
from makima.server.doors.cartesia.encoding import Encoder
from makima.server.doors.common.answers import SpeechAnswer, checked_text, client_left, json_body, speech_answer
from makima.server.doors.common.envelopes import enveloped
from makima.server.doors.common.socket import identify
from makima.server.doors.common.speech import DoorSpeech, Wish
from makima.server.doors.common.wishes import request_of
from makima.server.error_map import openai_response, status
from makima.server.monitoring import scope
from makima.server.services import Services


def router(services: Services) -> APIRouter:
    routes = APIRouter(tags=["cartesia"])

    @routes.post("/tts/bytes", response_class=StreamingResponse)
    async def tts_bytes(request: Request) -> Response:
        """Speak the `transcript` of the body in its `output_format`."""
        return await enveloped(request, services, _bytes, refusal)

    @routes.post("/tts/sse", response_class=StreamingResponse)
    async def tts_sse(request: Request) -> Response:
        """The same as server-sent events, which are the socket's frames; with `add_timestamps` also words."""
        return await enveloped(request, services, _sse, refusal)

    return routes


def refusal(exc: MakimaError) -> Response:
    """The error as Cartesia's clients read it."""
    return openai_response(exc, {**wire.explained(exc), "request_id": scope.current().request_id})


async def _bytes(request: Request, services: Services) -> Response:
    who = await identify(request, services)
    asked = wire.decode(await json_body(request))
    text = checked_text(asked.transcript, "transcript")
    form = asked.output_format
    if form.encoding == "pcm_f32le" and form.container != "mp3":
        raise InvalidMessage("output_format.encoding: pcm_f32le is for the socket.", mend="Use pcm_s16le.")
    wish = Wish(request_of(services, asked.voice_name, asked.language), form.sample_rate, asked.tempo)
    return await speech_answer(request, services, who, wish, text, form.form, bit_rate=form.bit_rate, refusal=refusal)


async def _sse(request: Request, services: Services) -> Response:
    who = await identify(request, services)
    asked = wire.decode(await json_body(request))
    text = checked_text(asked.transcript, "transcript")
    form = asked.output_format
    wish = Wish(
        request_of(services, asked.voice_name, asked.language),
        form.sample_rate,
        asked.tempo,
        words=asked.add_timestamps,
    )
    services.refuse_while_draining()
    encoder = Encoder(form)
    await services.limits.admit(who, len(text))
    speech = DoorSpeech(services, who, wish, lambda: client_left(request))
    speech.feed(text)
    speech.end()
    events = _events(speech, encoder, asked.context_id or "")
    try:
        first = await anext(events)
    except MakimaError as exc:
        return refusal(exc)  # it was counted as the end of the utterance

    async def lines() -> AsyncGenerator[str, None]:
        async with aclosing(events):
            yield _line(first)
            try:
                async for event in events:
                    yield _line(event)
            except MakimaError as exc:
                told = wire.error(asked.context_id, exc, status(exc))
                yield _line({**told, "request_id": scope.current().request_id})

    return SpeechAnswer(speech, lines(), "text/event-stream")


async def _events(speech: DoorSpeech, encoder: Encoder, context_id: str) -> AsyncGenerator[dict[str, object], None]:
    async with aclosing(speech.pieces()) as pieces:
        async for piece in pieces:
            if piece.words:
                yield wire.timestamps(context_id, piece.words, 0.0)
            if data := encoder.push(piece.pcm):
                yield wire.chunk(context_id, data, 0.0)
    if rest := encoder.finish():
        yield wire.chunk(context_id, rest, 0.0)
    yield wire.done(context_id)


def _line(event: dict[str, object]) -> str:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"
