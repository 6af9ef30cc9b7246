"""Heads of requests that are too large, and bodies that cannot be read, over plain sockets."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest

from makima.server.connections import http
from tests.support.server.client import speak_client
from tests.support.server.servers import ThreadServer

UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


def answered(server: ThreadServer, request: str) -> str:
    """What the server sends until it closes the connection."""
    address = urlsplit(server.url)
    answer = b""
    with socket.create_connection((address.hostname, address.port), timeout=10) as client:
        client.sendall(request.encode())
        while data := client.recv(65_536):
            answer += data
    return answer.decode()


@pytest.mark.parametrize(
    "headers",
    [f"X: {'a' * 70_000}\r\n", f"X: {'a' * 30_000}\r\n" * 3, "X: a\r\n" * 1_000],
    ids=["one", "three", "many"],
)
@pytest.mark.parametrize("path", ["/health", f"/{'a' * 10}"])
def test_a_head_that_is_too_large(tone_server: ThreadServer, path: str, headers: str) -> None:
    answer = answered(tone_server, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n")
    assert answer.startswith("HTTP/1.1 431 ")
    assert answer.endswith("too large.\n")


@pytest.mark.parametrize("path", ["/api/v1/speak", "/api/v1/listen", "/v1/realtime", "/tts/websocket"])
@pytest.mark.parametrize("size", [9_000, 70_000])
def test_a_socket_whose_head_is_too_large(tone_server: ThreadServer, path: str, size: int) -> None:
    answer = answered(tone_server, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{UPGRADE}X: {'a' * size}\r\n\r\n")
    assert answer.startswith("HTTP/1.1 431 ")


def test_usual_heads_are_taken(tone_server: ThreadServer) -> None:
    head = f"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nCookie: {'a' * 16_000}\r\n\r\n"
    assert answered(tone_server, head).startswith("HTTP/1.1 200 ")


@pytest.mark.parametrize("body", ["zz\r\n", "5\r\nhello", "-1\r\n"])
def test_a_body_that_cannot_be_read(tone_server: ThreadServer, body: str, caplog: pytest.LogCaptureFixture) -> None:
    head = "POST /api/v1/tts HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    answer = answered(tone_server, f"{head}Transfer-Encoding: chunked\r\n\r\n{body}zz\r\n\r\n")
    assert answer.startswith("HTTP/1.1 400 ")
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


class TestSlowHeads:
    """What trickles in, or does not come at all, costs its sender alone."""

    @pytest.fixture(autouse=True)
    def soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(http, "HEAD_S", 0.5)

    @pytest.mark.parametrize(
        "sent",
        [
            b"",
            b"GET /health HTT",
            b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ",
            f"GET /api/v1/speak HTTP/1.1\r\nHost: 127.0.0.1\r\n{UPGRADE}".encode(),
            b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /ready HTT",
        ],
        ids=["nothing", "line", "header", "websocket", "second"],
    )
    def test_a_head_that_does_not_come_is_given_up(self, tone_server: ThreadServer, sent: bytes) -> None:
        assert "HTTP/1.1 408 " in answered(tone_server, sent.decode())

    def test_a_head_that_trickles_in_is_given_up(self, tone_server: ThreadServer) -> None:
        address = urlsplit(tone_server.url)
        with socket.create_connection((address.hostname, address.port), timeout=10) as client:
            client.settimeout(0.1)
            answer = b""
            for letter in b"GET /health HTTP/1.1\r\n" + b"X-A: a\r\n" * 100:
                try:
                    client.sendall(bytes([letter]))
                    answer = client.recv(1_000)
                except TimeoutError:
                    continue
                except ConnectionError:
                    break
                break
            assert answer.startswith(b"HTTP/1.1 408 ")

    def test_a_body_may_take_longer(self, tone_server: ThreadServer) -> None:
        address = urlsplit(tone_server.url)
        body = b'{"text": "Hello.", "format": "pcm"}'
        head = f"POST /api/v1/tts HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
        with socket.create_connection((address.hostname, address.port), timeout=10) as client:
            client.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode() + body[:5])
            time.sleep(1.0)
            client.sendall(body[5:])
            assert client.recv(1_000).startswith(b"HTTP/1.1 200 ")

    async def test_a_connection_between_requests_and_a_socket_stay(self, tone_server: ThreadServer) -> None:
        async with speak_client(tone_server.url) as speaking, httpx.AsyncClient(trust_env=False) as kept:
            first = await kept.get(f"{tone_server.url}/health")
            await asyncio.sleep(1.0)
            again = await kept.get(f"{tone_server.url}/health")
            assert again.extensions["network_stream"].get_extra_info("client_addr") == first.extensions[
                "network_stream"
            ].get_extra_info("client_addr")
            assert (await speaking.say("This socket has stayed.")).end["type"] == "complete"
