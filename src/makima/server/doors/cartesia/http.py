"""`POST /tts/bytes`: a text in, its audio out, as Cartesia's clients ask for it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from makima.errors import InvalidMessage
from makima.server.doors.cartesia import wire
from makima.server.doors.common.answers import checked_text, json_body, speech_answer
from makima.server.doors.common.envelopes import enveloped
from makima.server.doors.common.socket import identify
from makima.server.doors.common.speech import Wish
from makima.server.doors.common.wishes import request_of
from makima.server.services import Services


def router(services: Services) -> APIRouter:
    routes = APIRouter(tags=["cartesia"])

    @routes.post("/tts/bytes", response_class=StreamingResponse)
    async def tts_bytes(request: Request) -> Response:
        """Speak the `transcript` of the body in its `output_format`."""
        return await enveloped(request, services, _bytes)

    return routes


async def _bytes(request: Request, services: Services) -> Response:
    who = await identify(request, services)
    asked = wire.decode(await json_body(request))
    text = checked_text(asked.transcript, "transcript")
    form = asked.output_format
    if form.encoding == "pcm_f32le" and form.container != "mp3":
        raise InvalidMessage("output_format.encoding: pcm_f32le is for the socket.", mend="Use pcm_s16le.")
    wish = Wish(request_of(services, asked.voice_name, asked.language), form.sample_rate, asked.tempo)
    return await speech_answer(request, services, who, wish, text, form.form, bit_rate=form.bit_rate)
