"""How much a server can speak: measured, shown, and what is beyond it refused."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from makima.engines.fake import FakeEngine, FakeScript
from makima.errors import CapacityError
from makima.server import capacity as capacity_module
from makima.server.capacity import GREEDY, IN_REAL_TIME, LEAST_UTTERANCES, Capacity
from tests.conftest import StartServer
from tests.support.server.client import speak_client
from tests.support.server.servers import WatchedEngine

LONG_TEXT = "This sentence is here so that there is a great deal to say. " * 15


@pytest.fixture
def one_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacity_module, "LEAST_UTTERANCES", 1)


def test_without_a_measurement_there_is_no_limit() -> None:
    capacity = Capacity()
    capacity.check(10_000)
    assert (capacity.utterances, capacity.greedy_per_s) == (None, None)


def test_what_is_beyond_it_is_refused() -> None:
    capacity = Capacity()
    capacity.real_time = 100.0
    capacity.check(int(100 * IN_REAL_TIME) - 1)
    with pytest.raises(CapacityError) as caught:
        capacity.check(int(100 * IN_REAL_TIME))
    assert caught.value.retry_after_s > 0
    assert capacity.greedy_per_s == 100 * GREEDY


@pytest.mark.parametrize(("setting", "most"), [(3, 3), (0, None)])
def test_the_setting_goes_before_the_measurement(setting: int, most: int | None) -> None:
    capacity = Capacity(setting)
    capacity.real_time = 1_000.0
    assert capacity.utterances == most


def test_a_busy_machine_still_speaks_a_few() -> None:
    capacity = Capacity()
    capacity.real_time = 0.1
    assert capacity.utterances == LEAST_UTTERANCES


def test_it_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacity_module, "PAUSE_S", 0.0)
    engine, capacity = FakeEngine(), Capacity()
    engine.load(lambda _: None)
    capacity.measure(engine, engine.voices()[0].id)
    assert capacity.real_time is not None
    assert capacity.real_time > 1
    engine.close()


def test_an_engine_that_fails_leaves_it_open() -> None:
    capacity = Capacity()
    capacity.measure(FakeEngine(), "no such voice")
    assert capacity.real_time is None


@pytest.mark.usefixtures("one_at_once")
async def test_beyond_it_clients_hear_so_and_the_others_go_on(start_server: StartServer) -> None:
    server = start_server(WatchedEngine(FakeScript(character_s=0.01)))
    server.services.capacity.real_time = 2 / IN_REAL_TIME
    async with speak_client(server.url) as first, speak_client(server.url) as second, speak_client(server.url) as third:
        for client in (first, second):
            await client.send("speak", text=LONG_TEXT)
            await client.until("speaking")
        await third.send("speak", text="This is too much.")
        refused = await third.until("error")
        assert refused["code"] == "RATE_LIMITED"
        assert refused["retryAfterMs"] > 0
        body = {"text": "This is too much too.", "format": "pcm"}
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.post(f"{server.url}/api/v1/tts", json=body)
            shown = (await http.get(f"{server.url}/health")).json()["capacity"]
        assert answer.status_code == 429
        assert answer.headers["retry-after"]
        assert shown == {"speechPerSecond": 2 / IN_REAL_TIME, "utterances": 2}
        await first.send("cancel")
        await first.until("cancelled")
        assert (await third.say("Now there is room.")).end["type"] == "complete"


@pytest.mark.usefixtures("one_at_once")
async def test_greedy_sessions_hold_no_place(start_server: StartServer) -> None:
    server = start_server(WatchedEngine(FakeScript(character_s=0.01)))
    server.services.capacity.real_time = 1 / IN_REAL_TIME
    async with speak_client(server.url) as greedy, speak_client(server.url) as honest:
        for _ in range(6):
            await greedy.send("append", text=LONG_TEXT * 5)
        await greedy.until("speaking")
        await asyncio.sleep(0.2)
        assert (await honest.say("This is said all the same.")).end["type"] == "complete"


def test_a_client_does_not_wait_for_it() -> None:
    asked: list[bool] = []

    def disturbed() -> bool:
        asked.append(True)
        return len(asked) > 1

    engine, capacity = FakeEngine(), Capacity()
    engine.load(lambda _: None)
    assert not capacity.measure(engine, engine.voices()[0].id, disturbed)
    assert capacity.real_time is None
