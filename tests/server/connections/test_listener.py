"""Connections beyond the descriptors there are."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator

import pytest

from makima.server.connections import listener
from makima.server.connections.listener import RESERVED, Listener


@pytest.fixture
def listening() -> Iterator[Listener]:
    with Listener(socket.AF_INET, socket.SOCK_STREAM) as made:
        made.bind(("127.0.0.1", 0))
        made.listen(8)
        made.setblocking(False)
        yield made


def connected(listening: Listener) -> socket.socket:
    return socket.create_connection(listening.getsockname(), timeout=10)


def test_while_there_are_some(listening: Listener) -> None:
    with connected(listening) as client:
        accepted, address = listening.accept()
        assert address == client.getsockname()
        accepted.close()


def test_where_they_are_used_up(
    listening: Listener, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(listener, "descriptor_limit", lambda: RESERVED)
    clients = [connected(listening) for _ in range(3)]
    with caplog.at_level(logging.WARNING), pytest.raises(BlockingIOError):
        listening.accept()
    for client in clients:
        with client:
            assert client.recv(1_000).startswith(b"HTTP/1.1 503 ")
    assert len(caplog.records) == 1


def test_where_the_system_has_none_left(listening: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    client = connected(listening)
    usual, failures = socket.socket.accept, iter([True])

    def accept(made: socket.socket) -> tuple[socket.socket, object]:
        if next(failures, False):
            raise OSError(errno.EMFILE, "too many open files")
        return usual(made)

    monkeypatch.setattr(socket.socket, "accept", accept)
    with pytest.raises(BlockingIOError):
        listening.accept()
    with client:
        assert client.recv(1_000).startswith(b"HTTP/1.1 503 ")
