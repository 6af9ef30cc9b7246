"""What strangers may send over HTTP: each request is answered in that service's words, and none with a 500."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.server.doors.hostile.wrong import Fields, mutations, text_of
from tests.support.server.servers import ThreadServer

JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Route:
    """One route: a right body, and a right query whose values are made wrong in turn."""

    path: str
    body: Fields
    query: Mapping[str, str] = field(default_factory=dict)
    own: bool = False
    """Whether errors have our own form in place of OpenAI's."""

    def __str__(self) -> str:
        return self.path


_OPENAI = {
    "model": "tts-1",
    "input": "Hi.",
    "voice": {"id": "makima"},
    "response_format": "pcm",
    "speed": 1.0,
    "stream_format": "audio",
    "instructions": "i",
    "language": "en",
    "other": 1,
}
_ELEVENLABS = {"text": "Hi.", "language_code": "en", "seed": 1, "voice_settings": {"speed": 1.0}, "model_id": "m"}
_CARTESIA = {
    "transcript": "Hi.",
    "voice": {"mode": "id", "id": "makima"},
    "output_format": {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24_000, "bit_rate": 64_000},
    "language": "en",
    "speed": "normal",
    "generation_config": {"speed": 1.0},
}
_DEEPGRAM_QUERY = {
    "model": "makima",
    "encoding": "linear16",
    "sample_rate": "24000",
    "container": "none",
    "bit_rate": "64000",
    "speed": "1",
}
_OWN = {"text": "Hi.", "voice": "makima", "language": "en", "format": "pcm", "speed": 1.0, "wordTimes": False}
_WAV = {"data": "UklGRg==", "format": "wav"}

ROUTES = (
    Route("/v1/audio/speech", _OPENAI),
    Route("/v1/audio/transcriptions", {"model": "m", "language": "en", "input_audio": _WAV, "response_format": "json"}),
    Route("/v1/text-to-speech/makima", _ELEVENLABS, {"output_format": "pcm_24000"}),
    Route("/v1/text-to-speech/makima/stream", _ELEVENLABS, {"output_format": "mp3_44100_128"}),
    Route("/v1/text-to-speech/makima/with-timestamps", _ELEVENLABS, {"output_format": "pcm_24000"}),
    Route("/v1/text-to-speech/makima/stream/with-timestamps", _ELEVENLABS, {"output_format": "pcm_24000"}),
    Route("/tts/bytes", _CARTESIA),
    Route("/tts/sse", {**_CARTESIA, "add_timestamps": True, "context_id": "c"}),
    Route("/v1/speak", {"text": "Hi."}, _DEEPGRAM_QUERY),
    Route("/api/v1/tts", _OWN, own=True),
)
WRONG_QUERY = (
    "",
    "-1",
    "0",
    "1e999",
    "nan",
    "9" * 400,
    "no such thing",
    "\0",
    "x" * 2_000,
    "mp3_44100_999999999",
    "pcm_0",
)
NO_BODIES = (b"", b"Hi.", b"[]", b"5", b"null", b"\xff\xfe", b'{"text": NaN}', b"[" * 5_000)

each_route = pytest.mark.parametrize("route", ROUTES, ids=str)


@pytest.fixture(scope="module")
def client(door_server: ThreadServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=door_server.url, timeout=20) as made:
        yield made


def _check(answer: httpx.Response, route: Route, sent: str) -> None:
    """It is either served, or refused with a reason in the right form."""
    assert answer.status_code in (200, 400, 404), (sent, answer.status_code, answer.text[:300])
    if answer.status_code != 200:
        fields: Any = answer.json()
        message = fields["message"] if route.own else fields["error"]["message"]
        assert isinstance(message, str), (sent, fields)
        assert message


@each_route
def test_wrong_fields(client: httpx.Client, route: Route) -> None:
    for wrong in mutations(route.body):
        text = text_of(wrong)
        answer = client.post(route.path, params=dict(route.query), content=text.encode(), headers=JSON)
        _check(answer, route, text[:300])


@each_route
def test_no_bodies(client: httpx.Client, route: Route) -> None:
    for body in NO_BODIES:
        for headers in (JSON, {"Content-Type": "text/plain"}, {"Content-Type": "multipart/form-data; boundary=x"}, {}):
            answer = client.post(route.path, params=dict(route.query), content=body, headers=headers)
            _check(answer, route, f"{body[:30]!r} {headers}")
            assert answer.status_code == 400, (body[:30], headers, answer.text[:300])


@pytest.mark.parametrize("route", [route for route in ROUTES if route.query], ids=str)
def test_wrong_queries(client: httpx.Client, route: Route) -> None:
    for name in route.query:
        for value in WRONG_QUERY:
            for encoding in ({}, {"encoding": "mp3", "container": ""}) if "encoding" in route.query else ({},):
                query = {**route.query, **encoding, name: value}
                _check(client.post(route.path, params=query, json=dict(route.body)), route, f"{query}")
