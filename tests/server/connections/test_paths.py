"""Paths as clients make them out of an address that somebody typed, and `HEAD`."""

from __future__ import annotations

import httpx
import pytest
from websockets.sync.client import connect

from makima.server.connections.paths import meant
from tests.support.server.servers import ThreadServer


@pytest.mark.parametrize(
    ("path", "looked_up"),
    [
        ("/", "/"),
        ("//", "/"),
        ("/v1/models", "/v1/models"),
        ("//v1//models/", "/v1/models"),
        ("/v1/models///", "/v1/models"),
        ("/web/", "/web/"),
        ("/voices/", "/voices/"),
    ],
)
def test_the_path_that_was_meant(path: str, looked_up: str) -> None:
    assert meant(path) == looked_up


@pytest.mark.parametrize("path", ["//v1/audio/speech", "/v1/audio/speech/"])
def test_a_text_is_spoken_at_an_address_with_a_slash_too_many(tone_server: ThreadServer, path: str) -> None:
    answer = httpx.post(tone_server.url + path, json={"input": "Hi.", "response_format": "pcm"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/pcm")


def test_a_socket_is_opened_there_too(tone_server: ThreadServer) -> None:
    with connect(tone_server.url.replace("http", "ws") + "//tts/websocket/") as socket:
        socket.send('{"context_id": "a", "transcript": "", "continue": false}')
        assert '"done"' in str(socket.recv())


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics", "/v1/models", "/v1/voices", "/", "/web/client.js"])
def test_head_is_get_without_a_body(tone_server: ThreadServer, path: str) -> None:
    head, get = httpx.head(tone_server.url + path), httpx.get(tone_server.url + path)
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head.headers["content-type"] == get.headers["content-type"]


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/v1/nothing", 404), ("DELETE", "/v1/audio/speech", 405)]
)
def test_what_is_not_there_is_told_as_openais_clients_read_it(
    tone_server: ThreadServer, method: str, path: str, status: int
) -> None:
    answer = httpx.request(method, tone_server.url + path)
    assert answer.status_code == status
    assert f"{method} {path}" in answer.json()["error"]["message"]


def test_what_is_not_there_is_told_as_own_clients_read_it(tone_server: ThreadServer) -> None:
    answer = httpx.get(tone_server.url + "/api/v1/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    answer = httpx.get(tone_server.url + "/api/v1/tts")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert "Use POST." in answer.json()["message"]
