"""The state of the server: `/health`, `/ready`, `/metrics`."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from makima import __version__, installation
from makima.events import Loading
from makima.server.error_map import NOT_READY, OK
from makima.server.monitoring.metrics import CONTENT_TYPE
from makima.server.services import Services


def router(services: Services) -> APIRouter:
    routes = APIRouter()

    @routes.get("/health", tags=["status"])
    async def health() -> Response:
        """That the server runs, and with what engine: 200, or 503 while the engine makes no audio that it owes."""
        engine, stalled_s = services.host.engine, services.stalls.stalled_s
        fields = {
            "status": "ok" if stalled_s is None else "stalled",
            "version": __version__,
            "engine": engine.name,
            "engineReason": services.notice or services.reason,
            "model": engine.capabilities.model,
            "device": engine.capabilities.device,
            "loaded": engine.loaded,
            "recognizer": services.recognition.recognizer.name if services.recognition is not None else None,
            "recognizerReason": services.recognition.reason if services.recognition is not None else None,
            "sessions": len(services.sockets),
            "capacity": {"speechPerSecond": services.capacity.real_time, "utterances": services.capacity.utterances},
            "commands": _commands(),
        }
        return JSONResponse(fields, NOT_READY if stalled_s is not None else OK)

    @routes.get("/ready", tags=["status"])
    async def ready() -> Response:
        """Whether it can speak now: 200, or 503 while loading, after a failed load, in a stall, or at shutdown.

        A model that is not loaded yet begins to load, as who waits for this answer sends no session that would do it.
        """
        host = services.host
        if services.draining:
            return _not_ready("shutting down")
        if host.failure is not None and not host.engine.loaded:
            return _not_ready(str(host.failure))
        if (stalled_s := services.stalls.stalled_s) is not None:
            return _not_ready(f"the engine has made no audio for {stalled_s:.0f} s")
        if host.loading is not None or not (host.engine.loaded or host.was_loaded):
            host.begin()
            return _not_ready(_news(host.loading))
        return JSONResponse({"ready": True})

    figures = {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Prometheus' text format"}

    @routes.get("/metrics", tags=["status"], response_class=Response, responses={200: figures})
    async def metrics() -> Response:
        """Figures for Prometheus."""
        services.metrics.tasks.set(len(asyncio.all_tasks()))
        return Response(services.metrics.render(), media_type=CONTENT_TYPE)

    return routes


def _news(loading: Loading | None) -> str:
    if loading is None:
        return "loading"
    percent = "" if loading.progress is None else f", {loading.progress:.0%}"
    return f"loading {loading.what}{percent}"


def _commands() -> dict[str, list[str]]:
    """The commands that install the better engine and recogniser, for the folder of the clone if there is one."""
    folder = installation.clone()
    return {
        extra: [installation.install(extra, folder), installation.command(f"models pull {model}", folder)]
        for extra, model in (("qwen3", "qwen3-tts-0.6b"), ("parakeet", "parakeet"))
    }


def _not_ready(why: str) -> JSONResponse:
    return JSONResponse({"ready": False, "reason": why}, status_code=NOT_READY)
