"""`/api/v1/models`: what can run, fetching with progress, stopping, removing, and who may."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from makima.config import load_settings
from makima.engines.fake import FakeEngine
from makima.errors import AssetError
from makima.server.access.administered import Depot, Item, Kind, Machine, Report, Runner
from makima.server.app import create_app, create_services

PATH = "/api/v1/models"


class Shelf:
    """Two models of ten bytes. A fetch goes on by a byte whenever it is let go on, and fails at `broken`."""

    def __init__(self) -> None:
        self.here = {"small": 0, "used": 10}
        self.go_on = threading.Semaphore(0)
        self.broken = False
        self.chosen: list[str] = []

    def machine(self) -> Machine:
        return Machine("Test x86", 2, None, None)

    def runners(self) -> list[Runner]:
        return [Runner("fake", "Tones", Kind.SPEAKS, True, None)]

    def items(self) -> list[Item]:
        return [
            Item(name, "A model", Kind.SPEAKS, 10, here, "MIT", in_use=name == "used", usable=here == 10)
            for name, here in self.here.items()
        ]

    def fetch(self, name: str, report: Report) -> None:
        while self.here[name] < 10:
            if not self.go_on.acquire(timeout=3):
                return  # the test is over
            if self.broken:
                raise AssetError(name, "The origin is away.")
            self.here[name] += 1
            report(self.here[name], 10)

    def choose(self, name: str) -> None:
        self.chosen.append(name)

    def remove(self, name: str) -> int:
        freed, self.here[name] = self.here[name], 0
        return freed


def client(
    folder: Path, depot: Depot | None, address: str = "127.0.0.1", restart: Callable[[], None] | None = None
) -> httpx.AsyncClient:
    settings = load_settings(data_dir=folder, voices_dir=folder / "voices", cache_dir=folder / "cache")
    services = create_services(settings, FakeEngine())
    services.depot, services.restart = depot, restart
    transport = httpx.ASGITransport(create_app(services), client=(address, 1234))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


async def small(http: httpx.AsyncClient) -> dict[str, Any]:
    models = (await http.get(PATH)).json()["models"]
    return dict(next(model for model in models if model["name"] == "small"))


async def until(http: httpx.AsyncClient, **wanted: object) -> dict[str, Any]:
    for _ in range(500):
        model = await small(http)
        if all((model["fetch"] or {}).get(name, model.get(name)) == value for name, value in wanted.items()):
            return model
        await asyncio.sleep(0.01)
    raise AssertionError(model)


async def test_a_fetch_tells_how_far_it_is_stops_and_goes_on(tmp_path: Path, shelf: Shelf) -> None:
    async with client(tmp_path, shelf) as http:
        assert (await small(http))["fetch"] is None
        assert (await http.post(f"{PATH}/small/fetch")).status_code == 202
        shelf.go_on.release(4)
        await until(http, doneBytes=4, totalBytes=10, hereBytes=4)
        assert (await http.post(f"{PATH}/small/fetch")).status_code == 202, "asked again it is the same fetch"
        await http.post(f"{PATH}/small/stop")
        shelf.go_on.release()
        await until(http, fetch=None)
        assert shelf.here["small"] == 5
        shelf.go_on.release(5)
        await http.post(f"{PATH}/small/fetch")
        await until(http, fetch=None, hereBytes=10)
        assert (await http.delete(f"{PATH}/small")).json() == {"freedBytes": 10}


async def test_a_fetch_that_fails_says_why_until_it_is_tried_again(tmp_path: Path, shelf: Shelf) -> None:
    shelf.broken = True
    async with client(tmp_path, shelf) as http:
        await http.post(f"{PATH}/small/fetch")
        shelf.go_on.release()
        model = await until(http, problem="small: The origin is away.")
        assert model["fetch"]["doneBytes"] == 0
        shelf.broken = False
        shelf.go_on.release(10)
        await http.post(f"{PATH}/small/fetch")
        await until(http, fetch=None, hereBytes=10)


async def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    async with client(tmp_path, Shelf()) as http:
        for answer in (await http.post(f"{PATH}/nope/fetch"), await http.delete(f"{PATH}/nope")):
            assert answer.status_code == 400
            assert "small, used" in answer.json()["message"]
        assert "in use" in (await http.delete(f"{PATH}/used")).json()["message"]
    async with client(tmp_path, None) as http:
        assert (await http.get(PATH)).status_code == 400


async def test_only_from_this_machine(tmp_path: Path) -> None:
    async with client(tmp_path, Shelf(), "192.0.2.7") as http:
        for answer in (
            await http.get(PATH),
            await http.post(f"{PATH}/small/fetch"),
            await http.post(f"{PATH}/small/stop"),
            await http.post(f"{PATH}/used/use"),
            await http.delete(f"{PATH}/small"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")


async def test_a_model_is_chosen_and_the_server_starts_again(tmp_path: Path, shelf: Shelf) -> None:
    async with client(tmp_path, shelf) as http:
        refused = await http.post(f"{PATH}/used/use")
        assert "cannot start itself" in refused.json()["message"], "as one that no command has started"
    restarted = asyncio.Event()
    async with client(tmp_path, shelf, restart=restarted.set) as http:
        refused = await http.post(f"{PATH}/small/use")
        assert "Fetch it first" in refused.json()["message"]
        assert not shelf.chosen
        began = (await http.get(PATH)).json()["started"]
        answer = await http.post(f"{PATH}/used/use")
        assert (answer.status_code, answer.json()) == (202, {"started": began})
        assert shelf.chosen == ["used"]
        await asyncio.wait_for(restarted.wait(), 5)
    async with client(tmp_path, shelf) as http:
        assert (await http.get(PATH)).json()["started"] != began
