"""What there is, as ElevenLabs' clients list it: voices, each alone and in pages, and their settings."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from makima.errors import InvalidMessage
from makima.server.doors.common.aliases import find_voice
from makima.server.doors.common.envelopes import enveloped
from makima.server.doors.common.socket import identify
from makima.server.doors.elevenlabs.refusals import refusal
from makima.server.services import Services
from makima.text.language import AUTO, CODES
from makima.text.speakable import MAX_TEXT_CHARACTERS
from makima.voices.catalog import Voice

USUAL_PAGE = 10
LARGEST_PAGE = 100

_SETTINGS = {"stability": 0.5, "similarity_boost": 0.75, "style": 0.0, "use_speaker_boost": True, "speed": 1.0}
"""Of which `speed` alone changes anything here."""


def router(services: Services) -> APIRouter:
    routes = APIRouter(tags=["elevenlabs"])

    @routes.get("/v1/voices")
    async def voices(request: Request) -> Response:
        """The voices there are."""
        return await enveloped(request, services, _all, refusal)

    @routes.get("/v2/voices")
    async def search(request: Request) -> Response:
        """The voices with `search` in their name, `page_size` at a time."""
        return await enveloped(request, services, _page, refusal)

    @routes.get("/v1/voices/settings/default")
    async def usual_settings(request: Request) -> Response:
        """The settings that hold where a request has none."""
        return await enveloped(request, services, _settings, refusal)

    @routes.get("/v1/voices/{voice}")
    async def one(voice: str, request: Request) -> Response:
        """One voice."""

        async def answer(request: Request, services: Services) -> Response:
            await identify(request, services)
            return JSONResponse(_fields(find_voice(services.voices, voice)))

        return await enveloped(request, services, answer, refusal)

    @routes.get("/v1/voices/{voice}/settings")
    async def settings(voice: str, request: Request) -> Response:
        """The settings of one voice."""

        async def answer(request: Request, services: Services) -> Response:
            await identify(request, services)
            find_voice(services.voices, voice)
            return JSONResponse(_SETTINGS)

        return await enveloped(request, services, answer, refusal)

    return routes


def models(services: Services) -> list[dict[str, object]]:
    """The one model there is. Any `model_id` is taken."""
    engine = services.host.engine
    spoken = [language for language in engine.capabilities.languages if language in CODES and language != AUTO]
    return [
        {
            "model_id": engine.name,
            "name": engine.name,
            "can_be_finetuned": False,
            "can_do_text_to_speech": True,
            "can_do_voice_conversion": False,
            "can_use_style": False,
            "can_use_speaker_boost": False,
            "serves_pro_voices": False,
            "requires_alpha_access": False,
            "token_cost_factor": 1.0,
            "description": engine.capabilities.model,
            "maximum_text_length_per_request": MAX_TEXT_CHARACTERS,
            "languages": [{"language_id": CODES[language], "name": language} for language in spoken],
        }
    ]


async def _all(request: Request, services: Services) -> Response:
    await identify(request, services)
    return JSONResponse({"voices": [_fields(voice) for voice in services.voices]})


async def _page(request: Request, services: Services) -> Response:
    await identify(request, services)
    query = request.query_params
    sought = query.get("search", "").casefold()
    found = [voice for voice in services.voices if sought in f"{voice.id} {voice.name} {voice.description}".casefold()]
    size = max(1, _whole(query.get("page_size"), "page_size", USUAL_PAGE, LARGEST_PAGE))
    begin = _whole(query.get("next_page_token"), "next_page_token", 0, len(found))
    end = begin + size
    page: dict[str, object] = {
        "voices": [_fields(voice) for voice in found[begin:end]],
        "has_more": end < len(found),
        "total_count": len(found),
        "next_page_token": str(end) if end < len(found) else None,
    }
    return JSONResponse(page)


async def _settings(request: Request, services: Services) -> Response:
    await identify(request, services)
    return JSONResponse(_SETTINGS)


def _whole(text: str | None, name: str, usual: int, most: int) -> int:
    """Raises: InvalidMessage"""
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidMessage(f"{name}: {text[:40]!r} is not a whole number.")
    return min(int(text), most)


def _fields(voice: Voice) -> dict[str, object]:
    return {
        "voice_id": voice.id,
        "name": voice.name,
        "category": "cloned" if voice.cloned else "premade",
        "description": voice.description,
        "labels": {"language": voice.language} | ({"gender": voice.gender} if voice.gender else {}),
        "samples": None,
        "preview_url": None,
        "available_for_tiers": [],
        "settings": None,
        "high_quality_base_model_ids": [],
    }
