"""`POST /api/v1/voices/mixes`: a mix of voices, kept by a name."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from makima.engines.protocol import mixed_voice
from makima.errors import InvalidMessage
from makima.server.doors.common.socket import identify
from makima.server.services import Services


class MixRequest(BaseModel):
    """Which voices, and the name."""

    model_config = ConfigDict(strict=True, extra="forbid")

    mix: str = Field(description="Voices with weights", examples=["af_heart:0.6+makima:0.4"], max_length=256)
    name: str = Field(description="As it is shown; the id is made of it")
    description: str = ""


def router(services: Services) -> APIRouter:
    routes = APIRouter(tags=["voices"])

    @routes.post("/api/v1/voices/mixes", status_code=201)
    async def keep(body: MixRequest, request: Request) -> Response:
        """Keep a mix of voices by a name. It is listed, used and deleted like any other voice."""
        who = await identify(request, services)
        services.refuse_while_draining()
        await services.limits.admit(who, 0)
        engine = services.host.engine
        if mixed_voice(engine, body.mix) is None:
            raise InvalidMessage(
                f"mix: {body.mix!r} is no mix of voices that {engine.name} has here.",
                mend="Name two or more of GET /api/v1/voices, as in af_heart:0.6+makima:0.4, with the engine kokoro.",
            )
        kept = await asyncio.to_thread(services.library.add_mix, body.mix, body.name, body.description)
        await asyncio.to_thread(services.refresh_voices)
        voice = services.voices.find(kept.id)
        fields = {"id": voice.id, "name": voice.name, "language": voice.language, "description": voice.description}
        return JSONResponse({**fields, "gender": voice.gender, "engine": voice.engine, "mix": body.mix}, 201)

    return routes
