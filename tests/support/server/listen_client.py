"""A small client of `/api/v1/listen`, for tests."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from makima.audio.pcm import Encoding, encode
from makima.events import Samples
from tests.support.server.client import PATIENCE_S, Message


class ListenClient:
    """One session. `ready` is the server's first message."""

    def __init__(self, connection: ClientConnection, ready: Message) -> None:
        self.socket = connection
        self.ready = ready

    async def send(self, kind: str, **fields: object) -> None:
        """Send a message of this type."""
        await self.socket.send(json.dumps({"type": kind, **fields}))

    async def receive(self) -> Message:
        return await _receive(self.socket)

    async def expect(self, *kinds: str) -> Message:
        """The next message, which must be of one of these types."""
        message = await self.receive()
        assert message["type"] in kinds, message
        return message

    async def until(self, kind: str) -> list[Message]:
        """All messages up to and with the first of this type."""
        messages = [await self.receive()]
        while messages[-1]["type"] != kind:
            messages.append(await self.receive())
        return messages

    async def start(self, **fields: object) -> Message:
        """Send `start`; the answer, which must be `started`."""
        await self.send("start", **fields)
        return (await self.until("started"))[-1]

    async def feed(self, samples: Samples, encoding: Encoding = Encoding.PCM16, pieces: int = 20) -> None:
        """Send audio."""
        for piece in np.array_split(samples, pieces):
            await self.socket.send(encode(piece, encoding))

    async def closed(self) -> int:
        """The code the server closes with; what it still sends is dropped."""
        async with asyncio.timeout(PATIENCE_S):
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await self.socket.recv()
            await self.socket.wait_closed()
        assert self.socket.close_code is not None
        return self.socket.close_code


async def _receive(connection: ClientConnection) -> Message:
    async with asyncio.timeout(PATIENCE_S):
        message: Message = json.loads(await connection.recv())
    return message


@asynccontextmanager
async def listen_client(url: str, *, token: str | None = None) -> AsyncIterator[ListenClient]:
    """A session on the server at `url` (http://...), with its `ready` received."""
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    async with connect(
        url.replace("http", "ws", 1) + "/api/v1/listen",
        additional_headers=headers,
        compression=None,
        proxy=None,
        open_timeout=PATIENCE_S,
    ) as connected:
        ready = await _receive(connected)
        assert ready["type"] == "ready", ready
        yield ListenClient(connected, ready)
