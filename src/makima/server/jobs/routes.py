"""`/api/v1/jobs`: long texts, spoken in the background into a book with chapters."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any, TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse, Response, StreamingResponse

from makima.errors import NotFound
from makima.jobs.files.writing import book_path
from makima.jobs.job import OVER, Job, State
from makima.jobs.plan import language_of
from makima.jobs.store import JobStore
from makima.server.auth import Identity
from makima.server.doors.common.socket import identify
from makima.server.jobs.events import progress_events, revision_of
from makima.server.jobs.orders import FORM, READ_AT_ONCE, Order, book_of, manner_of, received
from makima.server.jobs.wire import FILES, wire_job
from makima.server.services import Services

T = TypeVar("T")

_NO_CONTENT, _CREATED = 204, 201

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": Order.model_json_schema(ref_template="#/components/schemas/{model}")},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [FORM.field],
                    "properties": {FORM.field: {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}


def router(services: Services) -> APIRouter:
    routes = APIRouter(tags=["jobs"], prefix="/api/v1/jobs")
    turns = asyncio.Semaphore(READ_AT_ONCE)

    @routes.post("", status_code=_CREATED, openapi_extra=_BODY)
    async def create(request: Request) -> JSONResponse:
        """Have a book spoken: JSON with `text` or `markdown`, or a form with a `file` (Markdown, text, EPUB, PDF, HTML)
        and the other fields."""
        owner = _owner(await identify(request, services))
        services.refuse_while_draining()
        await asyncio.to_thread(services.jobs.check_room, owner)
        async with received(request) as got:
            manner = manner_of(services, got.order)
            book = await book_of(got, turns)
        manner = replace(manner, language=manner.language or language_of(book))
        job = await asyncio.to_thread(services.jobs.add, book, manner, got.order.format, owner)
        headers = {"Location": f"/api/v1/jobs/{job.id}"}
        return JSONResponse(await _described(services, job), _CREATED, headers)

    @routes.get("")
    async def listed(request: Request) -> dict[str, object]:
        """The jobs of the key that asks, the newest first."""
        owner = _owner(await identify(request, services))
        jobs = await asyncio.to_thread(lambda: services.jobs.begun().jobs(owner))
        return {"jobs": [wire_job(job) for job in jobs]}

    @routes.get("/{job_id}")
    async def one(request: Request, job_id: str) -> dict[str, object]:
        """A job, its chapters, and how far each has come."""
        return await _described(services, await _found(services, request, job_id))

    _add_moves(routes, services)
    _add_answers(routes, services)
    return routes


def _add_moves(routes: APIRouter, services: Services) -> None:
    async def moved(request: Request, job_id: str, move: Callable[[Job], Job]) -> dict[str, object]:
        job = await _found(services, request, job_id)
        return await _described(services, await asyncio.to_thread(move, job))

    @routes.post("/{job_id}/pause")
    async def pause(request: Request, job_id: str) -> dict[str, object]:
        """Hold a job. It keeps what it has."""
        return await moved(request, job_id, services.jobs.pause)

    @routes.post("/{job_id}/resume")
    async def resume(request: Request, job_id: str) -> dict[str, object]:
        """Let a job that was held, or has failed, go on."""
        return await moved(request, job_id, services.jobs.resume)

    @routes.post("/{job_id}/cancel")
    async def cancel(request: Request, job_id: str) -> dict[str, object]:
        """End a job and delete its sound; it stays in the list."""
        return await moved(request, job_id, services.jobs.cancel)

    @routes.delete("/{job_id}", status_code=_NO_CONTENT)
    async def delete(request: Request, job_id: str) -> Response:
        """Delete a job, whatever it has come to, and all of its files."""
        job = await _found(services, request, job_id)
        await asyncio.to_thread(services.jobs.delete, job)
        return Response(status_code=_NO_CONTENT)


def _add_answers(routes: APIRouter, services: Services) -> None:
    @routes.get("/{job_id}/events", response_class=StreamingResponse)
    async def events(request: Request, job_id: str) -> Response:
        """Progress as server-sent events; a client that comes back sends `Last-Event-ID`, and misses nothing."""
        who = await identify(request, services)
        job = await _found(services, request, job_id)
        seen = revision_of(request.headers.get("last-event-id"))
        if job.state in OVER and job.revision == seen:
            return Response(status_code=_NO_CONTENT)  # which tells a browser not to come back
        store = await asyncio.to_thread(services.jobs.begun)

        async def counted() -> AsyncIterator[str]:
            with services.limits.session(who):
                async for each in progress_events(services, store, job, seen):
                    yield each

        with services.limits.session(who):  # refused with a status, where there are too many
            pass
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        return StreamingResponse(counted(), media_type="text/event-stream", headers=headers)

    @routes.head("/{job_id}/files/{name}", include_in_schema=False)
    @routes.get("/{job_id}/files/{name}", response_class=FileResponse)
    async def file(request: Request, job_id: str, name: str) -> Response:
        """One of the files of a job that is done; ranges of it too."""
        job = await _found(services, request, job_id)
        store = await asyncio.to_thread(services.jobs.begun)
        return _file(store, job, name)


def _file(store: JobStore, job: Job, name: str) -> FileResponse:
    """The answer with a file of a job. Names are looked up, never joined to a path as they come.

    Raises: NotFound
    """
    if job.state is not State.DONE:
        raise NotFound(f"The job is {job.state}: there are no files yet.")
    book = book_path(store, job)
    types = {book.name: job.form.media_type, **FILES}
    if name not in types or not (book.parent / name).is_file():
        raise NotFound(f"There is no file {name!r}.", mend=f"There are: {', '.join(types)}.")
    saved_as = f"{file_name(job.title)}{(book.parent / name).suffix}"
    return FileResponse(book.parent / name, media_type=types[name], filename=saved_as)


def file_name(title: str) -> str:
    """A title as the name of a file, on every system."""
    plain = re.sub(r'[\\/:*?"<>|\x00-\x1f]+', " ", unicodedata.normalize("NFC", title))
    return " ".join(plain.split()).strip(". ")[:120] or "book"


def _owner(who: Identity) -> str:
    return who.subject or ""


async def _found(services: Services, request: Request, job_id: str) -> Job:
    owner = _owner(await identify(request, services))
    return await asyncio.to_thread(lambda: services.jobs.begun().get(job_id, owner))


async def _described(services: Services, job: Job) -> dict[str, object]:
    chapters = await asyncio.to_thread(lambda: services.jobs.begun().chapters(job.id))
    return wire_job(job, chapters)
