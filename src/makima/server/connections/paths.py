"""Addresses as people type them, and `HEAD`: middleware in front of all routes.

A base address with a slash at its end makes paths with two slashes or with one behind them. An API answers those as
the path that was meant: a redirection would need a client that sends its body again.
"""

from __future__ import annotations

import contextlib
import re
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_API: Final = ("/v1/", "/v2/", "/api/", "/tts/")
_FILES: Final = "/web/"
"""Answers `HEAD` itself, and its paths are those of files."""
_SLASHES: Final = re.compile("/{2,}")


def meant(path: str) -> str:
    """The path that is looked up for `path`."""
    single = _SLASHES.sub("/", path)
    return single.removesuffix("/") if single.startswith(_API) else single


class Paths:
    """Middleware: looks up the path that was meant, and answers `HEAD` as `GET` without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        path = meant(scope["path"])
        if path != scope["path"]:
            scope = {**scope, "path": path}
        if scope.get("method") == "HEAD" and not path.startswith(_FILES):
            await self._head({**scope, "method": "GET"}, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _head(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_head(message: Message) -> None:
            if message["type"] != "http.response.start":
                # As if the client had left: a long body is not made at all, and one without an end ends.
                raise ClientDisconnect
            await send(message)
            await send({"type": "http.response.body", "body": b""})

        with contextlib.suppress(ClientDisconnect):
            await self._app(scope, receive, send_head)
