"""`GET /v1/models`, and the lists that Open WebUI reads. They need no key, as it sends none."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from makima.errors import InvalidMessage
from makima.server.doors.common.aliases import SPEECH_MODELS, TRANSCRIPTION_MODELS, VOICES
from makima.server.doors.common.envelopes import enveloped
from makima.server.doors.deepgram.http import models as deepgram_models
from makima.server.doors.elevenlabs.voices import models as elevenlabs_models
from makima.server.error_map import openai_not_found
from makima.server.services import Services

CREATED_S = 1_735_689_600
"""1 January 2025. A client sorts by it at most, and a number that changes would disturb that."""

OWNER = "makima"


def router(services: Services) -> APIRouter:
    routes = APIRouter(tags=["openai"])

    @routes.get("/v1/models")
    async def models(request: Request) -> Response:
        """The models by name. Any name is taken; these are here so that menus show something."""

        async def answer(_: Request, __: Services) -> Response:
            # ElevenLabs' clients ask for theirs at the same path, and each sends its key in a header of its own.
            if "xi-api-key" in request.headers:
                return JSONResponse(elevenlabs_models(services))
            if request.headers.get("authorization", "").lower().startswith("token "):
                return JSONResponse(deepgram_models(services))
            return JSONResponse({"object": "list", "data": [_model(name) for name in _names(services)]})

        return await enveloped(request, services, answer)

    @routes.get("/v1/models/{name:path}")
    async def model(name: str, request: Request) -> Response:
        """One model."""

        async def answer(_: Request, __: Services) -> Response:
            if name not in _names(services):
                return openai_not_found(InvalidMessage(f"There is no model {name!r}."), "model")
            return JSONResponse(_model(name))

        return await enveloped(request, services, answer)

    @routes.get("/v1/audio/models")
    async def audio_models() -> dict[str, object]:
        """The models that speak, for Open WebUI."""
        return {"models": [{"id": name, "name": name} for name in _speaking(services)]}

    @routes.get("/v1/audio/voices")
    async def voices() -> dict[str, object]:
        """The voices there are, and OpenAI's names, for Open WebUI."""
        own = [{"id": voice.id, "name": voice.name} for voice in services.voices]
        known = {voice["id"] for voice in own}
        return {"voices": own + [{"id": name, "name": name} for name in VOICES if name not in known]}

    return routes


def _model(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": CREATED_S, "owned_by": OWNER}


def _speaking(services: Services) -> list[str]:
    return [services.host.engine.name, *SPEECH_MODELS]


def _names(services: Services) -> list[str]:
    hearing = [services.recognition.recognizer.name, *TRANSCRIPTION_MODELS] if services.recognition is not None else []
    return [*_speaking(services), *hearing]
