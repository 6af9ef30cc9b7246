"""The pages, as static files under a strict Content-Security-Policy."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

WEB = Path(str(files("makima") / "web"))

PAGES = {"/": "speak"} | {
    f"/{name}": name for name in ("speak", "converse", "listen", "voices", "models", "books", "docs")
}
"""The folder of each page: its templates and its style are put into the frame that all pages share."""

_FRAME, _STYLE_MARK, _PAGE_MARK = "index.html", "<!-- style -->", "<!-- page -->"

_PART = re.compile(r"^[ ]*<!-- part ([a-z-]+) -->\n", re.MULTILINE)
"""What pages share of their HTML, by its name in `parts/html`."""

_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "connect-src 'self' ws: wss:",  # 'self' does not cover sockets in every browser
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'none'",
    )
)
_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
_LEAST_BYTES = 500
"""Smaller files do not become smaller in transit."""
_REVALIDATE = (b"cache-control", b"no-cache")


def router() -> APIRouter:
    """One route for each page."""
    routes = APIRouter()
    for path, name in PAGES.items():
        routes.add_api_route(
            path, lambda name=name: HTMLResponse(page(name)), methods=["GET", "HEAD"], include_in_schema=False
        )
    routes.add_api_route(
        "/favicon.ico", lambda: FileResponse(WEB / "favicon.svg"), methods=["GET", "HEAD"], include_in_schema=False
    )
    return routes


def page(name: str) -> str:
    """The HTML of one page. Read anew each time, so that a change is seen without a restart."""
    frame = (WEB / _FRAME).read_text("utf-8")
    style = f'<link rel="stylesheet" href="/web/{name}/{name}.css">'
    own = (WEB / name / f"{name}.html").read_text("utf-8")
    whole = _PART.sub(lambda part: (WEB / "parts" / "html" / f"{part[1]}.html").read_text("utf-8"), own)
    return frame.replace(_STYLE_MARK, style).replace(_PAGE_MARK, whole)


def static() -> ASGIApp:
    """The files that the pages load, for `/web`, compressed: a page is then a third of its size."""
    return GZipMiddleware(StaticFiles(directory=WEB), minimum_size=_LEAST_BYTES)


class PageHeaders:
    """Middleware: the security headers on every answer, and no caching of pages without revalidation."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_page = scope["path"] in PAGES or scope["path"].startswith("/web/")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                extra = [*_HEADERS, _REVALIDATE] if is_page else _HEADERS
                message["headers"] = [*message.get("headers", []), *extra]
            await send(message)

        await self._app(scope, receive, send_with_headers)
