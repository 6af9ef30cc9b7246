"""`GET /voices` and `/voices/{id}`: the voices there are, as Cartesia's clients list them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.routing import Match
from starlette.types import Scope

from makima import __version__
from makima.errors import InvalidMessage
from makima.server.doors.cartesia.http import refusal
from makima.server.doors.common.aliases import find_voice
from makima.server.doors.common.envelopes import enveloped
from makima.server.doors.common.socket import identify
from makima.server.services import Services
from makima.text.language import CODES
from makima.voices.catalog import Voice

USUAL_PAGE = 10
LARGEST_PAGE = 100

_GENDERS: Mapping[str | None, str] = MappingProxyType({"female": "feminine", "male": "masculine"})
_CREATED = "2025-01-01T00:00:00Z"
"""Voices have no date of their own, and a client's list must not change its order."""
_OWN_HEADERS = ("cartesia-version", "x-api-key")


class CartesiaRoute(APIRoute):
    """A route for Cartesia's clients alone: browsers ask for a page at the same path."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        found, child = super().matches(scope)
        if found is not Match.NONE and not any(name in Headers(scope=scope) for name in _OWN_HEADERS):
            return Match.NONE, {}
        return found, child


def router(services: Services) -> APIRouter:
    routes = APIRouter(tags=["cartesia"], route_class=CartesiaRoute)

    @routes.get("/", include_in_schema=False)
    async def state() -> dict[str, object]:
        """That the server is there, and its version."""
        return {"ok": True, "version": __version__}

    # They are not in the description of the routes, where each path stands once and means the page.
    @routes.get("/voices", include_in_schema=False)
    async def voices(request: Request) -> Response:
        """The voices there are, in pages."""
        return await enveloped(request, services, _page, refusal)

    @routes.get("/voices/{voice}", include_in_schema=False)
    async def one(voice: str, request: Request) -> Response:
        """One voice."""

        async def answer(request: Request, services: Services) -> Response:
            await identify(request, services)
            return JSONResponse(_fields(find_voice(services.voices, voice)))

        return await enveloped(request, services, answer, refusal)

    return routes


async def _page(request: Request, services: Services) -> Response:
    await identify(request, services)
    query = request.query_params
    sought = query.get("q", "").casefold()
    gender, language = query.get("gender"), query.get("language")
    found = [
        voice
        for voice in services.voices
        if sought in f"{voice.id} {voice.name} {voice.description}".casefold()
        and gender in (None, "", _gender(voice))
        and language in (None, "", _language(voice))
    ]
    size = _size(query.get("limit"))
    if before := query.get("ending_before"):
        end = _place(found, before, "ending_before")
        page, more = found[max(0, end - size) : end], end > size
    else:
        after = query.get("starting_after")
        begin = _place(found, after, "starting_after") + 1 if after else 0
        page, more = found[begin : begin + size], len(found) > begin + size
    following = page[-1].id if page and more else None
    return JSONResponse({"data": [_fields(voice) for voice in page], "has_more": more, "next_page": following})


def _size(text: str | None) -> int:
    """Raises: InvalidMessage"""
    if not text:
        return USUAL_PAGE
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= LARGEST_PAGE):
        raise InvalidMessage(f"limit: {text[:40]!r} is not a number from 1 to {LARGEST_PAGE}.")
    return int(text)


def _place(voices: Sequence[Voice], name: str, field: str) -> int:
    """Raises: InvalidMessage, as a client would ask for the first page for ever"""
    place = next((number for number, voice in enumerate(voices) if voice.id == name), None)
    if place is None:
        raise InvalidMessage(f"{field}: there is no voice {name[:60]!r} in this list.", mend="Send an id from it.")
    return place


def _gender(voice: Voice) -> str | None:
    return _GENDERS.get(voice.gender)


def _language(voice: Voice) -> str:
    return CODES.get(voice.language, "en")


def _fields(voice: Voice) -> dict[str, object]:
    language = _language(voice)
    return {
        "id": voice.id,
        "name": voice.name,
        "description": voice.description,
        "tagline": "",
        "language": language,
        "locales": [{"locale": language, "is_native": True}],
        "gender": _gender(voice),
        "access": "private" if voice.cloned else "public",
        "visibility": "all",
        "is_owner": voice.cloned,
        "is_public": not voice.cloned,
        "created_at": _CREATED,
        "country": None,
        "accent": None,
        "preview_file_url": None,
    }
