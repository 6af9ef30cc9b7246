"""Heads of requests that are too large, and bodies that cannot be read, over plain sockets."""

from __future__ import annotations

import logging
import socket
from urllib.parse import urlsplit

import pytest

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
