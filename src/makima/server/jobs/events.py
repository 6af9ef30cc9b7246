"""A job's progress as server-sent events: what it has come to, whenever that has changed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Final

from makima.errors import NotFound
from makima.jobs.job import OVER, Job
from makima.jobs.store import JobStore
from makima.server import wire
from makima.server.jobs.wire import wire_job
from makima.server.services import Services

POLL_S: Final = 0.5
"""How often the job is looked at. Its worker may be in another process, so there is nothing to wait for."""
QUIET_S: Final = 15.0
"""After so long without news a comment is sent, so that what stands in between does not close the connection."""
RECONNECT_MS: Final = 2_000


async def progress_events(services: Services, store: JobStore, job: Job, seen: int | None) -> AsyncIterator[str]:
    """Events from `progress` to the last one, after which the stream ends: `done`, `cancelled` or `deleted`.

    `seen` is the revision that the client has, so that nothing is sent twice.
    """
    yield f"retry: {RECONNECT_MS}\n\n"
    sent_s = time.monotonic()
    while not services.draining:
        if job.revision != seen:
            chapters = await asyncio.to_thread(store.chapters, job.id)
            over = job.state in OVER
            yield event(str(job.state) if over else "progress", wire_job(job, chapters), job.revision)
            if over:
                return
            seen, sent_s = job.revision, time.monotonic()
        elif job.state in OVER:
            return
        elif time.monotonic() - sent_s > QUIET_S:
            yield ": still here\n\n"
            sent_s = time.monotonic()
        await asyncio.sleep(POLL_S)
        try:
            job = await asyncio.to_thread(store.get, job.id)
        except NotFound:
            yield event("deleted", {"id": job.id}, job.revision + 1)
            return


def event(name: str, data: dict[str, object], event_id: int) -> str:
    """One event; JSON is of one line."""
    return f"event: {name}\nid: {event_id}\ndata: {wire.encode(data)}\n\n"


def revision_of(header: str | None) -> int | None:
    """The revision in a `Last-Event-ID`; None where it is none."""
    return int(header) if header is not None and header.isascii() and header.isdigit() and len(header) < 18 else None
