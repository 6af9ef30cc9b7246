"""`GET /api/v1/usage`: what the key that asks has used."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request

from makima.server.doors.common.socket import identify
from makima.server.services import Services


def router(services: Services) -> APIRouter:
    routes = APIRouter(tags=["status"])

    @routes.get("/api/v1/usage")
    async def usage(
        request: Request,
        since: Annotated[str, Query(pattern=r"^\d{4}-\d\d-\d\d$", description="A day, in UTC")] = "0000-00-00",
    ) -> dict[str, object]:
        """Utterances, characters and seconds of audio by day, of the key or token that asks."""
        who = await identify(request, services)
        if who.subject is None:  # no key is asked for, so nothing is counted by key
            return {"usage": []}
        rows = await asyncio.to_thread(services.usage.rows, who.subject, since)
        return {"subject": who.subject, "usage": [row.wire() for row in rows]}

    return routes
