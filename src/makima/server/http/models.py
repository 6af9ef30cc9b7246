"""`/api/v1/models`: what this machine can run, what is installed, fetching, removing and choosing it."""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
from dataclasses import asdict, dataclass, field

from fastapi import APIRouter, Request
from pydantic.alias_generators import to_camel

from makima.errors import InvalidMessage, MakimaError
from makima.server.access.administered import Depot, Item
from makima.server.access.administration import require_administrator
from makima.server.services import Services

log = logging.getLogger(__name__)

PATH = "/api/v1/models"
RESTART_AFTER_S = 0.2


class _Stopped(Exception):
    """The fetch is not wanted any more."""


@dataclass(slots=True)
class _Fetch:
    """A fetch that is under way, or has failed."""

    done_bytes: int = 0
    total_bytes: int | None = None
    problem: str | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    task: asyncio.Task[None] | None = None

    def report(self, done: int, total: int) -> None:
        self.done_bytes, self.total_bytes = done, total
        if self.stop.is_set():
            raise _Stopped

    def wire(self) -> dict[str, object]:
        return {"doneBytes": self.done_bytes, "totalBytes": self.total_bytes, "problem": self.problem}


def router(services: Services) -> APIRouter:
    routes = APIRouter(tags=["models"])
    fetches: dict[str, _Fetch] = {}
    started = secrets.token_hex(8)

    async def shown(depot: Depot) -> dict[str, object]:
        machine, runners, items = await asyncio.to_thread(lambda: (depot.machine(), depot.runners(), depot.items()))
        return {
            "started": started,
            "machine": _camel(asdict(machine)),
            "runners": [_camel(asdict(runner)) for runner in runners],
            "models": [
                {**_camel(asdict(item)), "fetch": fetches[item.name].wire() if item.name in fetches else None}
                for item in items
            ],
        }

    @routes.get(PATH)
    async def read(request: Request) -> dict[str, object]:
        """This machine, what can run on it, and the models there are names for, with any fetch under way."""
        await require_administrator(request, services)
        return await shown(_depot(services))

    @routes.post(PATH + "/{name}/fetch", status_code=202)
    async def fetch(name: str, request: Request) -> dict[str, object]:
        """Begin to fetch a model; `GET` tells how far it is. One that was stopped goes on where it was."""
        await require_administrator(request, services)
        depot = _depot(services)
        _require_name(name, await asyncio.to_thread(depot.items))
        running = fetches.get(name)
        if running is None or running.task is None or running.task.done():
            fetches[name] = begun = _Fetch()
            begun.task = asyncio.create_task(_run(depot, name, begun, fetches))
        return fetches[name].wire() if name in fetches else {}

    @routes.post(PATH + "/{name}/stop")
    async def stop(name: str, request: Request) -> dict[str, object]:
        """Stop a fetch. What has come is kept for the next one."""
        await require_administrator(request, services)
        if (running := fetches.get(name)) is not None:
            running.stop.set()
            if running.problem is not None:
                del fetches[name]
        return {}

    @routes.post(PATH + "/{name}/use", status_code=202)
    async def use(name: str, request: Request) -> dict[str, object]:
        """Speak or listen with a model from now on: the server starts again, after which `started` is another one."""
        await require_administrator(request, services)
        depot = _depot(services)
        item = _require_name(name, await asyncio.to_thread(depot.items))
        if services.restart is None:
            raise InvalidMessage("This server cannot start itself again.", mend="Set TTS_ENGINE, and start it anew.")
        if not item.usable:
            raise InvalidMessage(f"{name!r} cannot be used yet.", mend="Fetch it first, with the packages it needs.")
        await asyncio.to_thread(depot.choose, name)
        # The answer goes out first.
        asyncio.get_running_loop().call_later(RESTART_AFTER_S, services.restart)
        return {"started": started}

    @routes.delete(PATH + "/{name}")
    async def remove(name: str, request: Request) -> dict[str, object]:
        """Remove a model from this machine: {`freedBytes`}."""
        await require_administrator(request, services)
        depot = _depot(services)
        item = _require_name(name, await asyncio.to_thread(depot.items))
        if item.in_use:
            raise InvalidMessage(f"{name!r} is in use.", mend="Start the server with another engine first.")
        freed = await asyncio.to_thread(depot.remove, name)
        fetches.pop(name, None)
        return {"freedBytes": freed}

    return routes


def _depot(services: Services) -> Depot:
    if services.depot is None:
        raise InvalidMessage("The models of this server are not managed here.")
    return services.depot


def _require_name(name: str, items: list[Item]) -> Item:
    found = next((item for item in items if item.name == name), None)
    if found is None:
        raise InvalidMessage(f"There is no model {name!r}.", mend=f"Known are: {', '.join(i.name for i in items)}.")
    return found


async def _run(depot: Depot, name: str, fetch: _Fetch, fetches: dict[str, _Fetch]) -> None:
    try:
        await asyncio.to_thread(depot.fetch, name, fetch.report)
    except _Stopped:
        pass
    except MakimaError as exc:
        log.warning("%s was not fetched: %s", name, exc)
        fetch.problem = str(exc)
        return
    except Exception as exc:
        log.exception("%s was not fetched", name)
        fetch.problem = f"It was not fetched: {exc}."
        return
    if fetches.get(name) is fetch:
        del fetches[name]


def _camel(fields: dict[str, object]) -> dict[str, object]:
    return {to_camel(name): value for name, value in fields.items()}
