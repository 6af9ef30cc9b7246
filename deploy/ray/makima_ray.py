"""Makima on Ray Serve: replicas with an engine each, scaled by open sessions, each session on one replica to its end.

    pip install 'makima-speech[ray]'
    python deploy/ray/makima_ray.py

Every setting of the server holds, in each replica; those of `RaySettings` come on top, see docs/scaling.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from ray.serve.config import AutoscalingConfig, HTTPOptions
from ray.serve.deployment import Application
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import ray
from makima.cli.app import compose
from makima.config import Settings, load_settings
from makima.server.app import create_app
from makima.server.run import check_reach
from makima.server.services import Services
from ray import serve

REPLICA = "x-makima-replica"
"""The header of each answer, and of each opened socket, that names the replica and its process."""

DRAIN_POLL_S = 0.5


class RaySettings(BaseSettings):
    """How replicas are shared out. Each field is set by `MAKIMA_RAY_` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="MAKIMA_RAY_", env_file=".env", extra="ignore", frozen=True)

    min_replicas: int = Field(1, ge=1, description="that are always there")
    max_replicas: int = Field(4, ge=1, description="that there are at most")
    sessions: float = Field(8, gt=0, description="open on each, on average, before there are more replicas")
    max_sessions: int = Field(16, ge=1, description="open on each at most; further ones wait for another replica")
    max_waiting: int = Field(64, ge=-1, description="requests that wait for a replica; further ones get 503")
    cpus: float = Field(1, ge=0, description="processors that each replica is reserved")
    gpus: float = Field(0, ge=0, description="GPUs that each replica is reserved; 0.5 lets two share one")
    drain_s: float = Field(60, gt=0, description="for sessions of a replica that is to go")
    downscale_delay_s: float = Field(300, ge=0, description="with too few sessions, before a replica goes")
    upscale_delay_s: float = Field(5, ge=0, description="with too many, before one comes")


def build_app() -> ASGIApp:
    """One replica's application, made where the replica runs. It is loaded before it gets the first request."""
    services = compose(load_settings(preload=True))
    app = create_app(services)
    _end_sessions_when_asked_to_go(app, services)
    context = serve.get_replica_context()
    return _Named(app, f"{context.replica_tag}:{os.getpid()}")


class _Named:
    """Says in each answer which replica it comes from."""

    def __init__(self, app: ASGIApp, name: str) -> None:
        self._app = app
        self._name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def named(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.accept"):
                message["headers"] = [*message.get("headers", []), (REPLICA.encode(), self._name.encode())]
            await send(message)

        await self._app(scope, receive, named)


def _end_sessions_when_asked_to_go(app: FastAPI, services: Services) -> None:
    """Finish what is being spoken and close the sessions as soon as Ray wants the replica to stop.

    Ray itself only waits until the last socket is closed, which a client may keep open for days.
    """
    lifespan = app.router.lifespan_context

    @contextlib.asynccontextmanager
    async def watched(app: Any) -> AsyncIterator[Any]:
        async with lifespan(app) as state:
            watching = asyncio.create_task(_drain_when_stopping(services))
            try:
                yield state
            finally:
                watching.cancel()

    app.router.lifespan_context = watched


async def _drain_when_stopping(services: Services) -> None:
    # There is nothing to await: Ray tells a deployment of its end only once all of its requests are over.
    while not _stopping():  # noqa: ASYNC110
        await asyncio.sleep(DRAIN_POLL_S)
    await services.drain()


def _stopping() -> bool:
    """Whether this replica drains. Ray says so nowhere in public; should it move, sessions are cut after `drain_s`."""
    actors = ray._private.worker.global_worker.actors
    return any(
        getattr(getattr(actor, "_replica_impl", None), "_shutting_down", False) for actor in list(actors.values())
    )


def application(how: RaySettings, settings: Settings) -> Application:
    """The Serve application, ready to be run.

    Raises: ConfigError if other machines could use it without a key
    """
    check_reach(settings)
    environment = {name: value for name, value in os.environ.items() if name.startswith(("MAKIMA_", "TTS_", "OTEL_"))}
    deployment = serve.deployment(
        serve.ingress(build_app)(),
        name="makima",
        # An open socket is an ongoing request, so this scales on sessions.
        autoscaling_config=AutoscalingConfig(
            min_replicas=how.min_replicas,
            max_replicas=max(how.min_replicas, how.max_replicas),
            target_ongoing_requests=how.sessions,
            upscale_delay_s=how.upscale_delay_s,
            downscale_delay_s=how.downscale_delay_s,
        ),
        max_ongoing_requests=how.max_sessions,
        max_queued_requests=how.max_waiting,
        graceful_shutdown_wait_loop_s=1.0,
        graceful_shutdown_timeout_s=how.drain_s,
        health_check_period_s=5.0,
        health_check_timeout_s=15.0,
        ray_actor_options={
            "num_cpus": how.cpus,
            "num_gpus": how.gpus,
            "runtime_env": {"env_vars": {**environment, "MAKIMA_DRAIN_S": str(max(1.0, how.drain_s - 5))}},
        },
    )
    return deployment.bind()


def main() -> None:
    """Serve until Ctrl-C, in a Ray cluster that runs already or in one of this machine."""
    settings = load_settings()
    app = application(RaySettings(), settings)
    ray.init(ignore_reinit_error=True, include_dashboard=False)
    serve.start(http_options=HTTPOptions(host=settings.host, port=settings.port, request_timeout_s=None))
    serve.run(app, name="makima", blocking=True)


if __name__ == "__main__":
    main()
