"""How much one may ask for."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack

import httpx
import pytest

from makima.errors import CapacityError
from makima.server import limits as limits_module
from makima.server.auth import Identity
from makima.server.limits import COMMON_TEXT, OPEN_SESSIONS, OWN_TEXT, Limits
from tests.conftest import StartServer
from tests.support.server.client import speak_client
from tests.support.server.servers import make_settings
from tests.support.simulated import run_simulated

ME, OTHER = Identity(None, "10.0.0.1"), Identity(None, "10.0.0.2")


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which the test moves."""
    now = [time.time()]
    monkeypatch.setattr(time, "time", lambda: now[0])
    return now


async def test_utterances_a_minute(now: list[float]) -> None:
    limits = Limits(make_settings(limit_utterances=3))
    for _ in range(3):
        await limits.admit(ME, 10)
    with pytest.raises(CapacityError, match="3 utterances") as caught:
        await limits.admit(ME, 10)
    assert 0 < caught.value.retry_after_s <= 61
    await limits.admit(OTHER, 10)
    now[0] += 61
    await limits.admit(ME, 10)


async def test_characters_a_minute(now: list[float]) -> None:
    limits = Limits(make_settings(limit_characters=100))
    await limits.admit(ME, 60)
    with pytest.raises(CapacityError, match="100 characters"):
        await limits.admit(ME, 60)
    await limits.admit(ME, 40)
    now[0] += 121
    await limits.admit(ME, 60)


async def test_a_text_longer_than_a_minutes_worth_can_be_spoken_all_the_same() -> None:
    limits = Limits(make_settings(limit_characters=100))
    await limits.admit(ME, 5_000)
    with pytest.raises(CapacityError):
        await limits.admit(ME, 1)


async def test_what_is_refused_is_not_counted() -> None:
    limits = Limits(make_settings(limit_utterances=2, limit_characters=100))
    await limits.admit(ME, 90)
    for _ in range(5):
        with pytest.raises(CapacityError):
            await limits.admit(ME, 50)
    await limits.admit(ME, 10)


async def test_more_of_a_text_is_not_another_utterance() -> None:
    limits = Limits(make_settings(limit_utterances=1))
    await limits.admit(ME, 10)
    await limits.admit(ME, 10, utterances=0)
    with pytest.raises(CapacityError):
        await limits.admit(ME, 10)


async def test_a_key_is_counted_wherever_it_comes_from() -> None:
    limits = Limits(make_settings(limit_utterances=1))
    await limits.admit(Identity("key", "10.0.0.1"), 1)
    with pytest.raises(CapacityError):
        await limits.admit(Identity("key", "10.0.0.9"), 1)


def test_sessions_at_once() -> None:
    limits = Limits(make_settings(limit_sessions=1))
    with ExitStack() as stack:
        stack.enter_context(limits.session(ME))
        stack.enter_context(limits.session(OTHER))
        with pytest.raises(CapacityError, match="1 sessions"):
            stack.enter_context(limits.session(ME))
    with limits.session(ME):
        pass


def test_a_machine_of_ones_own_has_no_limits_and_an_open_one_has() -> None:
    with ExitStack() as stack:
        at_home = Limits(make_settings())
        for _ in range(OPEN_SESSIONS + 1):
            stack.enter_context(at_home.session(ME))
        open_to_all = Limits(make_settings(host="0.0.0.0", insecure=True))
        for _ in range(OPEN_SESSIONS):
            stack.enter_context(open_to_all.session(ME))
        with pytest.raises(CapacityError):
            stack.enter_context(open_to_all.session(ME))


class TestOverTheWire:
    async def test_a_session_hears_when_to_come_again(self, start_server: StartServer) -> None:
        async with speak_client(start_server(limit_utterances=1).url) as client:
            assert (await client.say("One.")).end["type"] == "complete"
            error = (await client.say("Two.", requestId="two")).end
            assert (error["code"], error["recoverable"], error["requestId"]) == ("RATE_LIMITED", True, "two")
            assert 0 < error["retryAfterMs"] <= 61_000

    async def test_append_is_counted_once(self, start_server: StartServer) -> None:
        async with speak_client(start_server(limit_utterances=1).url) as client:
            for piece in ("One,", " two,", " three."):
                await client.send("append", text=piece)
            await client.send("end")
            assert (await client.hear()).end["type"] == "complete"

    async def test_too_many_sessions(self, start_server: StartServer) -> None:
        server = start_server(limit_sessions=1)
        async with speak_client(server.url) as first:
            async with speak_client(server.url) as second:
                error = await second.expect("error")
                assert (error["code"], error["retryAfterMs"]) == ("RATE_LIMITED", 5_000)
                assert await second.closed() == 4429
            assert (await first.say("One.")).end["type"] == "complete"

    async def test_http(self, start_server: StartServer) -> None:
        async with httpx.AsyncClient(base_url=start_server(limit_utterances=1).url, trust_env=False) as http:
            assert (await http.post("/api/v1/tts", json={"text": "Hi"})).status_code == 200
            answer = await http.post("/api/v1/tts", json={"text": "Hi"})
        assert answer.status_code == 429
        assert answer.json()["code"] == "RATE_LIMITED"
        assert 1 <= int(answer.headers["retry-after"]) <= 61


def test_sessions_of_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits_module, "MAX_SESSIONS", 3)
    limits = Limits(make_settings())
    with ExitStack() as stack:
        for who in (ME, ME, OTHER):
            stack.enter_context(limits.session(who))
        with pytest.raises(CapacityError, match="3 sessions at once on this server"), limits.session(OTHER):
            pass
    with limits.session(ME):
        pass


def test_without_memory_no_session_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits_module, "is_short", lambda: True)
    with pytest.raises(CapacityError, match="memory"), Limits(make_settings()).session(ME):
        pass


def test_a_session_that_writes_without_end_is_slowed_down() -> None:
    async def written(seconds: float) -> int:
        limits = Limits(make_settings())
        who, count = limits.in_session(ME), 0
        deadline_s = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < deadline_s:
            await limits.admit(who, 1_000, utterances=0)
            count += 1_000
        return count

    with pytest.MonkeyPatch.context() as patch:

        async def measured() -> int:
            patch.setattr(time, "monotonic", asyncio.get_running_loop().time)
            return await written(20.0)

        written_characters = run_simulated(measured())
    most = OWN_TEXT.burst + COMMON_TEXT.burst + 20 * (OWN_TEXT.per_s + COMMON_TEXT.per_s)
    assert 0.5 * most < written_characters < 1.1 * most
