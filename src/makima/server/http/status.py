"""The state of the server: `/health`, `/ready`, `/metrics`."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from makima import __version__, installation
from makima.server.error_map import NOT_READY
from makima.server.metrics import CONTENT_TYPE
from makima.server.services import Services


def router(services: Services) -> APIRouter:
    routes = APIRouter()

    @routes.get("/health", tags=["status"])
    async def health() -> dict[str, object]:
        """That the server runs, and with what engine."""
        engine = services.host.engine
        return {
            "status": "ok",
            "version": __version__,
            "engine": engine.name,
            "engineReason": services.reason,
            "model": engine.capabilities.model,
            "device": engine.capabilities.device,
            "loaded": engine.loaded,
            "recognizer": services.recognition.recognizer.name if services.recognition is not None else None,
            "recognizerReason": services.recognition.reason if services.recognition is not None else None,
            "sessions": len(services.sockets),
            "commands": _commands(),
        }

    @routes.get("/ready", tags=["status"])
    async def ready() -> Response:
        """Whether a session would be served now: 200, or 503 while loading, after a failed load, or at shutdown."""
        host = services.host
        if services.draining:
            return _not_ready("shutting down")
        if host.failure is not None and not host.engine.loaded:
            return _not_ready(str(host.failure))
        if (news := host.loading) is not None:
            percent = "" if news.progress is None else f", {news.progress:.0%}"
            return _not_ready(f"loading {news.what}{percent}")
        return JSONResponse({"ready": True})

    @routes.get("/metrics", tags=["status"])
    async def metrics() -> Response:
        """Figures for Prometheus."""
        return Response(services.metrics.render(), media_type=CONTENT_TYPE)

    return routes


def _commands() -> dict[str, list[str]]:
    """The commands that install the better engine and recogniser, for the folder of the clone if there is one."""
    folder = installation.clone()
    return {
        extra: [installation.install(extra, folder), installation.command(f"models pull {model}", folder)]
        for extra, model in (("qwen3", "qwen3-tts-0.6b"), ("parakeet", "parakeet"))
    }


def _not_ready(why: str) -> JSONResponse:
    return JSONResponse({"ready": False, "reason": why}, status_code=NOT_READY)
