"""`POST /api/v1/tts`."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import wave
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import httpx
import pytest

from makima.audio import files, wav
from makima.audio.marking import SYNTHETIC
from makima.engines.fake import FAIL_WORD, FakeScript
from makima.errors import AssetError
from tests.conftest import StartServer
from tests.support.server.servers import ThreadServer, WatchedEngine
from tests.support.server.streams import eventually
from tests.support.tones import tones_pcm16

PATH = "/api/v1/tts"
HEADER_BYTES = len(wav.header(24_000, about=SYNTHETIC))
OUTCOME = 'makima_utterances_total{door="tts",outcome="%s"}'


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


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(("form", "magic"), [("mp3", b"\xff"), ("opus", b"OggS"), ("flac", b"fLaC"), ("aac", b"\xff")])
async def test_other_formats(http: httpx.AsyncClient, form: str, magic: bytes, stream: bool) -> None:
    answer = await http.post(PATH, json={"text": "Hello there.", "format": form, "stream": stream})
    assert answer.content.startswith(magic)
    heard = files.decode(io.BytesIO(answer.content), 24_000)
    assert 0.48 <= len(heard) / 24_000 < 0.6


async def test_speed_and_raw_audio(http: httpx.AsyncClient) -> None:
    answer = await http.post(PATH, json={"text": "Hello there.", "format": "pcm"})
    assert answer.content == tones_pcm16("Hello there.")
    fast = await http.post(PATH, json={"text": "Hello there.", "format": "pcm", "speed": 2})
    assert len(fast.content) == pytest.approx(len(answer.content) / 2, rel=0.1)


async def test_words_with_their_times(http: httpx.AsyncClient) -> None:
    answer = await http.post(PATH, json={"text": "Hello there.", "wordTimes": True})
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert b"".join(base64.b64decode(line["audio"]) for line in lines[:-1]) == tones_pcm16("Hello there.")
    words = [word for line in lines[:-1] for word in line["words"]]
    assert [word["text"] for word in words] == ["Hello", "there."]
    assert 0 == words[0]["startMs"] < words[0]["endMs"] <= words[1]["startMs"]
    assert lines[-1] == {"done": True, "exact": False}


async def test_a_field_that_is_not_known_is_refused_with_the_nearest_one(http: httpx.AsyncClient) -> None:
    answer = await http.post(PATH, json={"text": "Hi", "samplerate": 8_000})
    assert answer.status_code == 400
    assert answer.json()["message"] == "The field 'samplerate' is not known. Did you mean sampleRate?"
    preview = await http.post("/api/v1/voices/second/preview", json={"text": "Hi", "lang": "de"})
    assert "language" in preview.json()["message"]


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
    "an unknown voice": ({"text": "Hi", "voice": "unknown"}, 404, "VOICE_NOT_FOUND"),
    "an unknown language": ({"text": "Hi", "language": "Klingon"}, 400, "INVALID_MESSAGE"),
    "an unsupported rate": ({"text": "Hi", "sampleRate": 96_000}, 400, "INVALID_MESSAGE"),
    "an unknown format": ({"text": "Hi", "format": "midi"}, 400, "INVALID_MESSAGE"),
    "a speed out of range": ({"text": "Hi", "speed": 5}, 400, "INVALID_MESSAGE"),
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


def figures(server: ThreadServer) -> dict[str, float]:
    """What `/metrics` shows, by name and labels."""
    lines = server.services.metrics.render().decode().splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}


@pytest.mark.parametrize("stream", [True, False])
async def test_it_is_counted_as_on_a_socket(start_server: StartServer, stream: bool) -> None:
    server = start_server()
    async with client_of(server) as http:
        await http.post(PATH, json={"text": "Hello there.", "stream": stream, "sampleRate": 16_000})
        await http.post("/api/v1/voices/second/preview", json={"text": "Hello there."})
    assert await asyncio.to_thread(eventually, lambda: figures(server).get(OUTCOME % "end") == 1)
    counted = figures(server)
    assert sum(counted[f'makima_audio_seconds_total{{door="{door}"}}'] for door in ("tts", "voices")) == pytest.approx(
        2 * 0.48
    )
    assert [counted[f'makima_first_audio_seconds_count{{door="{door}"}}'] for door in ("tts", "voices")] == [1, 1]


@pytest.mark.parametrize(
    ("text", "code", "outcome"),
    [
        (FAIL_WORD, "SYNTHESIS_ERROR", "error"),
        (f"Hi {FAIL_WORD}", "SYNTHESIS_ERROR", "error"),
        (" ", "INVALID_TEXT", ""),
    ],
)
async def test_its_errors_are_counted_once(start_server: StartServer, text: str, code: str, outcome: str) -> None:
    server = start_server()
    async with client_of(server) as http:
        with suppress(httpx.RemoteProtocolError):
            await http.post(PATH, json={"text": text})
    assert await asyncio.to_thread(
        eventually, lambda: f'makima_errors_total{{code="{code}",door="tts"}}' in figures(server)
    )
    counted = figures(server)
    assert counted[f'makima_errors_total{{code="{code}",door="tts"}}'] == 1
    outcomes = {name: count for name, count in counted.items() if name.startswith("makima_utterances_total")}
    assert outcomes == ({OUTCOME % outcome: 1} if outcome else {})


@pytest.mark.parametrize("stream", [True, False])
async def test_a_client_that_leaves_before_the_first_audio(start_server: StartServer, stream: bool) -> None:
    engine = WatchedEngine(FakeScript(character_s=2.0))
    server = start_server(engine)
    async with client_of(server) as http:
        with pytest.raises(httpx.ReadTimeout):
            await http.post(PATH, json={"text": "Hello there.", "stream": stream}, timeout=0.3)
    assert await asyncio.to_thread(eventually, lambda: engine.streams[0].ended)
    assert engine.streams[0].made_samples == 0
    assert await asyncio.to_thread(eventually, lambda: figures(server).get(OUTCOME % "cancelled") == 1)


async def test_a_body_without_its_content_type_says_what_is_missing(http: httpx.AsyncClient) -> None:
    answer = await http.post(PATH, content=b'{"text": "Hi."}')
    assert answer.status_code == 400
    assert "Content-Type: application/json" in answer.json()["message"]


async def test_a_file_with_its_words(http: httpx.AsyncClient) -> None:
    body = {"text": "Hello there.", "wordTimes": True, "stream": False, "format": "pcm"}
    answer = (await http.post(PATH, json=body)).json()
    assert base64.b64decode(answer["audio"]) == tones_pcm16("Hello there.")
    assert [word["text"] for word in answer["words"]] == ["Hello", "there."]
    assert answer["exact"] is False
    assert "captions" not in answer


@pytest.mark.parametrize(("kind", "begins"), [("srt", "1\n00:00:00,000 --> "), ("vtt", "WEBVTT\n"), ("json", "{")])
async def test_captions_beside_a_file(http: httpx.AsyncClient, kind: str, begins: str) -> None:
    answer = (await http.post(PATH, json={"text": "Hello there.", "captions": kind})).json()
    assert answer["mediaType"] == "audio/wav"
    assert base64.b64decode(answer["audio"]).startswith(b"RIFF")
    assert answer["captions"].startswith(begins)
    assert "Hello" in answer["captions"]


async def test_other_captions_are_refused(http: httpx.AsyncClient) -> None:
    answer = await http.post(PATH, json={"text": "Hello there.", "captions": "ass"})
    assert answer.status_code == 400
    assert "captions" in answer.json()["message"]
