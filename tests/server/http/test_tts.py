"""`POST /api/v1/tts`."""

from __future__ import annotations

import asyncio
import io
import json
import wave
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from makima.audio import wav
from makima.audio.marking import SYNTHETIC
from makima.engines.fake import FAIL_WORD, FakeScript
from makima.errors import AssetError
from tests.conftest import StartServer
from tests.support.server.servers import ThreadServer, WatchedEngine
from tests.support.server.streams import eventually
from tests.support.tones import tones_pcm16

PATH = "/api/v1/tts"
HEADER_BYTES = len(wav.header(24_000, about=SYNTHETIC))


def client_of(server: ThreadServer) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=20)


@pytest.fixture
async def http(tone_server: ThreadServer) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(tone_server) as client:
        yield client


async def test_a_stream(http: httpx.AsyncClient) -> None:
    answer = await http.post(PATH, json={"text": "Hello there.", "voice": "second"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.content[:4] == b"RIFF"
    assert answer.content[HEADER_BYTES:] == tones_pcm16("Hello there.", octave=2.0)


async def test_a_file(http: httpx.AsyncClient) -> None:
    answer = await http.post(PATH, json={"text": "Hello there.", "stream": False, "sampleRate": 48_000})
    with wave.open(io.BytesIO(answer.content)) as file:
        assert (file.getframerate(), file.getnframes()) == (48_000, 12 * 1_920)
    assert int(answer.headers["content-length"]) == len(answer.content)


async def test_a_long_text(http: httpx.AsyncClient) -> None:
    text = "This is longer than an utterance may be. " * 50
    answer = await http.post(PATH, json={"text": text})
    assert len(answer.content) == HEADER_BYTES + len(text.strip()) * 1_920


async def test_the_audio_begins_before_all_is_made(start_server: StartServer) -> None:
    engine = WatchedEngine(FakeScript(character_s=0.01))
    async with client_of(start_server(engine)) as http:
        async with http.stream("POST", PATH, json={"text": "Word after word, " * 50}) as answer:
            assert await anext(answer.aiter_bytes())
            assert not engine.streams[0].ended
        # Leaving closes the connection, and that ends the speech.
        assert await asyncio.to_thread(eventually, lambda: engine.streams[0].ended)
        assert engine.streams[0].made_samples < 400 * 960


BAD: dict[str, tuple[dict[str, Any], int, str]] = {
    "no text": ({}, 400, "INVALID_MESSAGE"),
    "text of a wrong type": ({"text": 7}, 400, "INVALID_MESSAGE"),
    "only spaces": ({"text": "  "}, 400, "INVALID_TEXT"),
    "only emoji": ({"text": "🎉"}, 400, "INVALID_TEXT"),
    "a control character": ({"text": "a\x00b"}, 400, "INVALID_TEXT"),
    "too long": ({"text": "a" * 100_001}, 400, "INVALID_TEXT"),
    "an unknown voice": ({"text": "Hi", "voice": "nobody"}, 404, "VOICE_NOT_FOUND"),
    "an unknown language": ({"text": "Hi", "language": "Klingon"}, 400, "INVALID_MESSAGE"),
    "an unsupported rate": ({"text": "Hi", "sampleRate": 96_000}, 400, "INVALID_MESSAGE"),
    "an engine that fails": ({"text": FAIL_WORD}, 500, "SYNTHESIS_ERROR"),
}


@pytest.mark.parametrize("name", BAD)
async def test_what_is_refused(http: httpx.AsyncClient, name: str) -> None:
    body, status, code = BAD[name]
    answer = await http.post(PATH, json=body)
    assert answer.status_code == status
    error = answer.json()
    assert (error["type"], error["code"]) == ("error", code)
    assert error["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"text": "\\ud800 a"}', b"\xff", b"[" * 30_000])
async def test_bodies_that_are_none(http: httpx.AsyncClient, body: bytes) -> None:
    answer = await http.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["code"] in ("INVALID_MESSAGE", "INVALID_TEXT")
    assert (await http.post(PATH, json={"text": "Still here."})).status_code == 200


async def test_a_failure_in_the_middle_ends_the_stream_short(http: httpx.AsyncClient) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await http.post(PATH, json={"text": f"Hello there {FAIL_WORD}"})
    assert (await http.post(PATH, json={"text": "Still here."})).status_code == 200


async def test_loading_that_fails_or_takes_too_long(start_server: StartServer) -> None:
    broken = WatchedEngine(FakeScript(load_error=AssetError("weights", "Not there.", mend="Run: fetch")))
    async with client_of(start_server(broken)) as http:
        answer = await http.post(PATH, json={"text": "Hi"})
        assert (answer.status_code, answer.json()["code"]) == (503, "TTS_LOAD_FAILED")
        assert "Run: fetch" in answer.json()["message"]
    slow = WatchedEngine(gated=True)
    async with client_of(start_server(slow, load_wait_s=0.05)) as http:
        answer = await http.post(PATH, json={"text": "Hi"})
        assert (answer.status_code, answer.json()["code"]) == (503, "MODEL_LOADING")
        slow.gate.set()
        assert (await http.post(PATH, json={"text": "Hi"})).status_code in (200, 503)


async def test_the_description_of_the_api_knows_it(http: httpx.AsyncClient) -> None:
    paths = (await http.get("/openapi.json")).json()["paths"]
    assert {PATH, "/api/v1/voices", "/health", "/ready"} <= set(paths)
    assert "audio/wav" in json.dumps(paths[PATH])
