"""The HTTP requests that are under way: a shutdown that cannot wait for their answers tells their clients so.

Without it uvicorn cancels them, and answers each with 500 as if the server had failed.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from fastapi.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(eq=False, slots=True)
class _Request:
    task: asyncio.Task[object]
    answered: bool = False


class Requests:
    """Those of one server."""

    def __init__(self) -> None:
        self._open: set[_Request] = set()
        self._farewell: Response | None = None

    @property
    def under_way(self) -> int:
        """How many there are."""
        return len(self._open)

    def cut(self, farewell: Response) -> None:
        """End each request that is not being answered yet with this answer. What is being sent goes on."""
        self._farewell = farewell
        for request in self._open:
            if not request.answered:
                request.task.cancel()

    def watched(self, app: ASGIApp) -> ASGIApp:
        """`app`, whose requests can be cut."""

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                await self._answer(app, scope, receive, send)
            else:
                await app(scope, receive, send)

        return watched

    async def _answer(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        assert task is not None
        request = _Request(task)

        async def sent(message: Message) -> None:
            request.answered = True
            await send(message)

        self._open.add(request)
        try:
            await app(scope, receive, sent)
        except asyncio.CancelledError:
            if self._farewell is None or request.answered:
                raise
            task.uncancel()
            await self._farewell(scope, receive, send)
        finally:
            self._open.discard(request)
