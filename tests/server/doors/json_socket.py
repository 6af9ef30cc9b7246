"""A client's socket with JSON in it, and now and then PCM."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.support.server.servers import ThreadServer

Frame = dict[str, Any]


class JsonSocket:
    """Sends and receives frames; a wait ends after `patience_s`."""

    def __init__(self, socket: ClientConnection, patience_s: float = 15.0) -> None:
        self.socket = socket
        self._patience_s = patience_s

    def send(self, **fields: Any) -> None:
        self.socket.send(json.dumps(fields))

    def receive(self) -> Frame | bytes:
        frame = self.socket.recv(timeout=self._patience_s)
        if isinstance(frame, bytes):
            return frame
        found: Frame = json.loads(frame)
        return found

    def until(self, last: Callable[[Frame], bool]) -> list[Frame | bytes]:
        """The frames up to and with the JSON frame that is the last."""
        frames: list[Frame | bytes] = []
        while True:
            frames.append(frame := self.receive())
            if isinstance(frame, dict) and last(frame):
                return frames

    def closed(self) -> int:
        """The code the server closes with, once it does."""
        try:
            while True:
                self.socket.recv(timeout=self._patience_s)
        except Exception:  # noqa: BLE001 - whatever ends it, the code says why
            return self.socket.close_code or 0


@contextmanager
def opened(server: ThreadServer, path: str, patience_s: float = 15.0) -> Iterator[JsonSocket]:
    """A socket of this server."""
    with connect(server.url.replace("http", "ws") + path, max_size=None) as socket:
        yield JsonSocket(socket, patience_s)
