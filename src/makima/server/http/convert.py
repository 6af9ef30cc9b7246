"""`POST /api/v1/convert`: a recording in another format, as the pages save speech that is on them already."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from starlette.background import BackgroundTask

from makima.audio.conversion import FORMATS, SavedFormat, convert
from makima.errors import InvalidAudio
from makima.server.doors.common.socket import identify
from makima.server.services import Services

MAX_BYTES: Final = 512 * 1024 * 1024
"""An hour and a half of 16-bit samples at 48 kHz."""
_PIECE_BYTES: Final = 1 << 18
_AT_ONCE: Final = 2


def router(services: Services) -> APIRouter:
    routes = APIRouter(tags=["speech"])
    turns = asyncio.Semaphore(_AT_ONCE)

    @routes.post(
        "/api/v1/convert",
        response_class=StreamingResponse,
        responses={200: {"content": {each.media_type: {} for each in FORMATS}, "description": "The file"}},
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"audio/wav": {"schema": {"type": "string", "format": "binary"}}},
            }
        },
    )
    async def converted(
        request: Request, form: Annotated[SavedFormat, Query(alias="format", description="mp3 or m4a")]
    ) -> StreamingResponse:
        """A WAV file as MP3 or M4A, with the note that a machine has spoken."""
        who = await identify(request, services)
        services.refuse_while_draining()
        await services.limits.admit(who, 0)
        folder = tempfile.TemporaryDirectory(prefix="makima-")
        try:
            source, target = Path(folder.name, "from.wav"), Path(folder.name, f"to.{form}")
            await _receive(request, source)
            async with turns:
                await asyncio.to_thread(convert, source, target, form)
        except BaseException:
            folder.cleanup()
            raise
        return StreamingResponse(_pieces(target), media_type=form.media_type, background=BackgroundTask(folder.cleanup))

    return routes


async def _receive(request: Request, path: Path) -> None:
    count = 0
    with path.open("wb") as file:
        async for piece in request.stream():
            count += len(piece)
            if count > MAX_BYTES:
                raise InvalidAudio(f"It is larger than {MAX_BYTES >> 20} MiB.", mend="Save it in parts, or as WAV.")
            await asyncio.to_thread(file.write, piece)


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
            yield piece
