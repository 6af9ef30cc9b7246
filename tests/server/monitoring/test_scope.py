"""`makima.server.monitoring.scope`: doors by their paths, and ids."""

from __future__ import annotations

import asyncio

import pytest

from makima.server.monitoring import scope as scopes
from makima.server.monitoring.scope import Scope, door_of, request_id_of

PATHS = {
    "/api/v1/speak": "speak",
    "/api/v1/listen": "listen",
    "/api/v1/tts": "tts",
    "/api/v1/voices/ann/preview": "voices",
    "/api/v1/speaking": "other",
    "/v1/audio/speech": "openai",
    "/v1/audio/transcriptions": "openai",
    "/v1/models/tts-1": "openai",
    "/v1/realtime": "realtime",
    "/v1/text-to-speech/ann/stream-input": "elevenlabs",
    "/v1/speak": "deepgram",
    "/tts/websocket": "cartesia",
    "/tts/bytes": "cartesia",
    "/": "other",
    "": "other",
    "/metrics": "other",
    "/v1": "other",
    "//v1/audio/speech": "other",
}


@pytest.mark.parametrize("path", PATHS)
def test_the_door_of_a_path(path: str) -> None:
    assert door_of(path) == PATHS[path]


@pytest.mark.parametrize("offered", ["abc-123", "4bf92f3577b34da6a3ce929d0e0e4736", "a.b:c_d"])
def test_a_clients_id_is_kept(offered: str) -> None:
    assert request_id_of(offered) == offered


@pytest.mark.parametrize("offered", [None, "", "a b", "x" * 65, "a\nb", '"}', "é"])
def test_what_cannot_stand_in_a_log_is_replaced(offered: str | None) -> None:
    made = request_id_of(offered)
    assert made.startswith("req_")
    assert made != request_id_of(offered)


def test_a_task_has_the_scope_it_was_started_in() -> None:
    async def door() -> str:
        await asyncio.sleep(0)
        return scopes.current().door

    async def entered(name: str) -> str:
        scopes.enter(Scope(name, session_id=f"of {name}"))
        assert scopes.new_session_id() == f"of {name}"
        return await asyncio.create_task(door())

    async def scenario() -> list[str]:
        found = await asyncio.gather(entered("a"), entered("b"))
        return [*found, scopes.current().door]

    assert asyncio.run(scenario()) == ["a", "b", "other"]
    assert scopes.new_session_id() != scopes.new_session_id()
