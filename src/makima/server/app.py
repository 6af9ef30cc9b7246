"""The application: its routes, its middleware, and one form for all errors."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any, get_args

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from makima import __version__
from makima.config import Settings
from makima.engines.bridge import EngineHost, Host
from makima.engines.protocol import Engine, catalog_of
from makima.errors import InvalidMessage, MakimaError
from makima.llm.chosen.choice import load_choice
from makima.llm.echo import EchoModel
from makima.llm.protocol import ChatModel
from makima.server import allocator, error_map, wire
from makima.server.access import addresses
from makima.server.access import routes as usage
from makima.server.access.usage import UsageLog
from makima.server.auth import Gate, Tokens
from makima.server.connections.paths import Paths
from makima.server.conversations import Conversations
from makima.server.doors import routes as doors
from makima.server.doors.wyoming.server import wyoming_port
from makima.server.http import chat as chat_routes
from makima.server.http import convert, dialogue, mixes, models, pages, status, transcriptions, tts, voices
from makima.server.http.description import describe
from makima.server.jobs import routes as jobs
from makima.server.jobs.service import JobService
from makima.server.limits import Limits
from makima.server.listen import messages as listen_messages
from makima.server.listen import socket as listen_socket
from makima.server.monitoring.entrance import Entrance
from makima.server.monitoring.metrics import Metrics
from makima.server.monitoring.tracing import open_tracing
from makima.server.recognition import Recognition
from makima.server.services import MakeChat, MakeDefault, Services
from makima.server.speak import socket as speak_socket
from makima.stt.transcribe import Transcriber
from makima.voices.library import open_library

log = logging.getLogger(__name__)


def create_services(
    settings: Settings,
    engine: Engine,
    reason: str = "",
    recognition: Recognition | None = None,
    chat: ChatModel | None = None,
    make_default: MakeDefault | None = None,
    make_chat: MakeChat | None = None,
) -> Services:
    """What the routes share, for an engine, a recogniser and a chat model, which is the echo if none is given.

    Raises: ConfigError for settings that cannot work together.
    """
    # Before the engine's voices are read, as opening the library recovers from a crash.
    library = open_library(settings.voices_dir, settings.cache_dir)
    conversations = Conversations(settings, chat or EchoModel())
    chosen = load_choice(settings.data_dir) if make_chat is not None else None
    if chosen is not None and chosen.system_prompt:
        conversations.system_prompt = chosen.system_prompt
    used = UsageLog(settings.data_dir)
    return Services(
        settings=settings,
        host=EngineHost(engine),
        reason=reason,
        voices=catalog_of(engine, settings.default_voice),
        library=library,
        tokens=Tokens(settings),
        limits=Limits(settings, used),
        usage=used,
        jobs=JobService(settings, engine, used),
        conversations=conversations,
        recognition=recognition,
        transcriber=_transcriber(recognition),
        make_default=make_default,
        tracing=open_tracing(settings),
        make_chat=make_chat,
    )


def _transcriber(recognition: Recognition | None) -> Transcriber | None:
    """What transcribes a voice's recording: not the embedded recogniser, as a wrong transcript is worse than none."""
    if recognition is None or recognition.recognizer.capabilities.embedded:
        return None
    return Transcriber(recognition.listener)


def create_app(services: Services) -> FastAPI:
    """The ASGI application over `services`."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        engine = services.host.engine
        if services.settings.preload or engine.capabilities.embedded:
            await _preload(services.host)
        if services.settings.preload and services.recognition is not None:
            await _preload(services.recognition.host)
        sweeping = asyncio.create_task(allocator.keep_swept(lambda: _loaded(services)))
        measuring = asyncio.create_task(services.measure_capacity()) if services.measures_capacity else None
        services.jobs.start()
        async with wyoming_port(services):
            yield
        await asyncio.to_thread(services.jobs.stop)
        sweeping.cancel()
        if measuring is not None:
            measuring.cancel()
        await services.conversations.close()
        await asyncio.to_thread(services.usage.flush)
        await asyncio.to_thread(services.decoder.close)
        await services.host.close()
        if services.recognition is not None:
            await services.recognition.host.close()
        if services.tracing is not None:
            await asyncio.to_thread(services.tracing.close)

    app = FastAPI(
        title="Makima",
        version=__version__,
        summary="Text streams in, speech streams out.",
        lifespan=lifespan,
        docs_url=None,  # the server has its own page, as the usual one loads scripts from another host
        redoc_url=None,
    )
    app.openapi = lambda: _description(app)  # type: ignore[method-assign]
    for module in (
        speak_socket,
        listen_socket,
        tts,
        dialogue,
        jobs,
        convert,
        chat_routes,
        models,
        transcriptions,
        voices,
        mixes,
        usage,
        status,
        addresses,
    ):
        app.include_router(module.router(services))
    for router in doors.routers(services):
        app.include_router(router)
    app.include_router(pages.router())
    app.mount("/web", pages.static())
    _answer_errors(app, services.metrics)
    app.add_middleware(pages.PageHeaders)
    if services.settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(services.settings.allowed_origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["*"],  # SDKs send headers of their own, and each service has another one for its key
            expose_headers=["Retry-After", "X-Request-Id"],
        )
    app.add_middleware(services.requests.watched)
    app.add_middleware(Gate, settings=services.settings)
    app.add_middleware(Entrance, tracing=services.tracing)
    app.add_middleware(Paths)
    return app


def _description(app: FastAPI) -> dict[str, Any]:
    """OpenAPI's description of the routes, with the messages of the sockets, which OpenAPI cannot describe."""
    if app.openapi_schema is None:
        app.openapi_schema = {
            **describe(app),
            "x-websocket": wire.describe(),
            "x-websocket-listen": listen_messages.describe(),
        }
    return app.openapi_schema


def _loaded(services: Services) -> tuple[bool, bool]:
    """Whether the engine is loaded, and the recogniser."""
    return services.host.engine.loaded, services.recognition is not None and services.recognition.recognizer.loaded


async def _preload(host: Host[Any]) -> None:
    try:
        async for news in host.load():
            log.info("loading %s%s", news.what, "" if news.progress is None else f" {news.progress:.0%}")
    except MakimaError as exc:
        log.error("%s", exc)  # the server goes on: /ready and each session report the same


def _answer_errors(app: FastAPI, metrics: Metrics) -> None:
    """Count the errors that routes raise, and answer them in one form."""

    async def answer(request: Request, exc: Exception) -> Response:
        found = _invalid(request, exc) if isinstance(exc, RequestValidationError) else exc
        if not isinstance(found, MakimaError):
            found = InvalidMessage("The body is not JSON.")
        metrics.count_error(found)
        return error_map.response(found)

    for kind in (MakimaError, RequestValidationError, error_map.BAD_REQUEST):
        app.add_exception_handler(kind, answer)

    async def unrouted(request: Request, exc: Exception) -> Response:
        assert isinstance(exc, HTTPException)
        return error_map.unrouted(request.method, request.url.path, exc)

    app.add_exception_handler(HTTPException, unrouted)


def _invalid(request: Request, exc: RequestValidationError) -> MakimaError:
    """What is wrong with a request that is not as its route takes it."""
    first = exc.errors()[0]
    if first["type"] == "extra_forbidden":
        model = _body_model(request)
        name = str(first["loc"][-1])
        if model is not None:
            return wire.unknown_field(name, model)
        return InvalidMessage(f"The field {name!r} is not known.")
    if first["loc"] == ("body",) and first["type"] in ("model_attributes_type", "dict_type"):
        mend = "Send an object, with the header Content-Type: application/json."
        return InvalidMessage("The body is not read as a JSON object.", mend=mend)
    field = ".".join(str(part) for part in first["loc"] if part != "body") or "body"
    return InvalidMessage(f"{field}: {first['msg']}.")


def _body_model(request: Request) -> type[BaseModel] | None:
    """What the route that was asked takes as its body."""
    field = getattr(request.scope.get("route"), "body_field", None)
    taken = getattr(getattr(field, "field_info", None), "annotation", None)
    # A body that may be left out is a model or None.
    models = (each for each in (taken, *get_args(taken)) if isinstance(each, type) and issubclass(each, BaseModel))
    return next(models, None)
