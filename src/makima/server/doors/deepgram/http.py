"""`POST /v1/speak` and `/v2/speak`: a text in, a file or raw PCM out, as Deepgram's clients ask for it."""

from __future__ import annotations

import uuid
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from makima.errors import MakimaError
from makima.server.doors.common.answers import checked_text, json_body, speech_answer
from makima.server.doors.common.envelopes import enveloped
from makima.server.doors.common.socket import identify
from makima.server.doors.common.speech import Wish
from makima.server.doors.common.wishes import request_of
from makima.server.doors.deepgram.wire import asked
from makima.server.error_map import OK, openai_response
from makima.server.monitoring import scope
from makima.server.services import Services
from makima.text.language import CODES


def router(services: Services) -> APIRouter:
    routes = APIRouter(tags=["deepgram"])

    @routes.post("/v1/speak", response_class=StreamingResponse)
    @routes.post("/v2/speak", response_class=StreamingResponse)
    async def speak(request: Request) -> Response:
        """Speak the `text` of the body, as the query asks for it."""
        return await enveloped(request, services, _speak, refusal)

    return routes


def models(services: Services) -> dict[str, object]:
    """The models there are, as Deepgram's clients list them: each voice is one that speaks."""
    speaking = [_model(voice.id, voice.name, [CODES.get(voice.language, "en")]) for voice in services.voices]
    recognition = services.recognition
    hearing: list[dict[str, object]] = []
    if recognition is not None:
        recognizer = recognition.recognizer
        codes = [CODES[language] for language in recognizer.capabilities.languages if language in CODES]
        hearing = [_model(recognizer.name, recognizer.name, codes) | {"batch": True, "streaming": True}]
    return {"stt": hearing, "tts": speaking}


def _model(name: str, shown: str, codes: list[str]) -> dict[str, object]:
    uid = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
    return {
        "name": shown,
        "canonical_name": name,
        "architecture": "makima",
        "languages": codes,
        "version": "1",
        "uuid": uid,
    }


def refusal(exc: MakimaError) -> Response:
    """The error as Deepgram's clients read it."""
    also = {"err_code": exc.code, "err_msg": str(exc), "request_id": scope.current().request_id}
    return openai_response(exc, also)


async def _speak(request: Request, services: Services) -> Response:
    who = await identify(request, services)
    wanted = asked(request.query_params, streamed=False)
    text = checked_text((await json_body(request)).get("text"), "text")
    wish = Wish(request_of(services, wanted.model), wanted.rate_hz, wanted.speed)
    answer = await speech_answer(
        request, services, who, wish, text, wanted.form, bit_rate=wanted.bit_rate, refusal=refusal
    )
    if answer.status_code == OK:
        answer.headers.update(_headers(wish.request.voice, len(text)))
    return answer


def _headers(voice: str, characters: int) -> dict[str, str]:
    """What Deepgram's clients read of an answer beside its bytes."""
    # A header holds Latin-1 alone, and the name of a voice may have any letters.
    name = quote(voice, safe=":+. ")
    return {"dg-model-name": name, "dg-char-count": str(characters), "dg-request-id": scope.current().request_id or ""}
