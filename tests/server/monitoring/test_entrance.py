"""`makima.server.monitoring.entrance`: every door is counted under its own name."""

from __future__ import annotations

import asyncio
import socket

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.asyncio.client import connect
from wyoming.client import AsyncTcpClient
from wyoming.tts import Synthesize

from makima.engines.fake import FAIL_WORD
from tests.conftest import StartServer
from tests.support.server.servers import ThreadServer
from tests.support.server.streams import eventually

POSTS = {
    "tts": ("/api/v1/tts", "text"),
    "openai": ("/v1/audio/speech", "input"),
    "elevenlabs": ("/v1/text-to-speech/makima", "text"),
    "deepgram": ("/v1/speak", "text"),
}
SOCKETS = {
    "elevenlabs": "/v1/text-to-speech/makima/stream-input",
    "cartesia": "/tts/websocket",
    "deepgram": "/v1/speak",
    "realtime": "/v1/realtime",
    "speak": "/api/v1/speak",
}


def value(server: ThreadServer, name: str, **labels: str) -> float:
    families = text_string_to_metric_families(server.services.metrics.render().decode())
    samples = (sample for family in families for sample in family.samples)
    return sum(sample.value for sample in samples if sample.name == name and labels.items() <= sample.labels.items())


@pytest.mark.parametrize("door", POSTS)
async def test_requests(start_server: StartServer, door: str) -> None:
    server = start_server()
    path, field = POSTS[door]
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        assert (await http.post(path, json={field: "Hello."})).status_code == 200
        assert (await http.post(path, json={field: 7})).status_code == 400
        assert (await http.post(path, json={field: FAIL_WORD})).status_code == 500
    assert await asyncio.to_thread(eventually, lambda: value(server, "makima_active", door=door) == 0)
    assert value(server, "makima_utterances_total", door=door, outcome="end") == 1
    assert value(server, "makima_first_audio_seconds_count", door=door) == 1
    assert value(server, "makima_queue_wait_seconds_count", door=door) == 2
    assert value(server, "makima_errors_total", door=door, code="INVALID_MESSAGE") == 1
    assert value(server, "makima_errors_total", door=door, code="SYNTHESIS_ERROR") == 1
    assert value(server, "makima_errors_total") == 2
    assert value(server, "makima_utterances_total") == 2


@pytest.mark.parametrize("door", SOCKETS)
async def test_sockets(start_server: StartServer, door: str) -> None:
    server = start_server()
    async with connect(server.url.replace("http", "ws") + SOCKETS[door], proxy=None) as client:
        await client.send(b"no door takes this")
        assert await asyncio.to_thread(eventually, lambda: value(server, "makima_errors_total", door=door) == 1)
    assert await asyncio.to_thread(eventually, lambda: value(server, "makima_sessions") == 0)
    assert value(server, "makima_errors_total") == 1
    assert f'makima_sessions{{door="{door}"}}' in server.services.metrics.render().decode()


async def test_wyoming(start_server: StartServer) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = start_server(wyoming=True, wyoming_port=port)
    async with asyncio.timeout(20), AsyncTcpClient("127.0.0.1", port) as client:
        await client.write_event(Synthesize(text="Hello.").event())
        while (event := await client.read_event()) is not None and event.type != "audio-stop":
            pass
        assert value(server, "makima_sessions", door="wyoming") == 1
        await client.write_event(Synthesize(text=FAIL_WORD).event())
        while (event := await client.read_event()) is not None and event.type != "error":
            pass
    assert await asyncio.to_thread(eventually, lambda: value(server, "makima_sessions") == 0)
    assert value(server, "makima_utterances_total", door="wyoming", outcome="end") == 1
    assert value(server, "makima_errors_total", door="wyoming", code="SYNTHESIS_ERROR") == 1


async def test_each_answer_has_an_id(start_server: StartServer) -> None:
    server = start_server()
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        made = [(await http.get("/health")).headers["x-request-id"] for _ in range(2)]
        assert made[0] != made[1]
        kept = await http.get("/nothing-here", headers={"X-Request-ID": "mine"})
        assert (kept.status_code, kept.headers["x-request-id"]) == (404, "mine")
