"""A small client of `/api/v1/speak`, for tests: typed messages in, everything the server says out, in order."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from makima.events import Samples

Message: TypeAlias = dict[str, Any]

PATIENCE_S = 20.0
"""How long a test waits for a message before it fails; nothing waits this long when all is well."""

ENDS = frozenset({"complete", "cancelled", "error", "interrupted"})


@dataclass(slots=True)
class Spoken:
    """What the server sent for one utterance, up to and with the message that ends it."""

    messages: list[Message] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)

    @property
    def types(self) -> list[str]:
        return [message["type"] for message in self.messages]

    @property
    def end(self) -> Message:
        return self.messages[-1]

    @property
    def chunks(self) -> list[Message]:
        return [message for message in self.messages if message["type"] == "audioChunk"]

    @property
    def audio(self) -> bytes:
        return b"".join(self.frames) or b"".join(base64.b64decode(chunk["data"]) for chunk in self.chunks)

    @property
    def samples(self) -> Samples:
        """The audio of an utterance in pcm16."""
        return np.frombuffer(self.audio, "<i2").astype(np.float32) / np.float32(32767)


class SpeakClient:
    """One session. `ready` is the server's first message."""

    def __init__(self, connection: ClientConnection, ready: Message) -> None:
        self.socket = connection
        self.ready = ready

    async def send(self, kind: str, **fields: object) -> None:
        """Send a message of this type."""
        await self.send_raw(json.dumps({"type": kind, **fields}))

    async def send_raw(self, frame: str | bytes) -> None:
        await self.socket.send(frame)

    async def receive(self) -> Message | bytes:
        return await _receive(self.socket)

    async def expect(self, *kinds: str) -> Message:
        """The next frame, which must be a message of one of these types."""
        frame = await self.receive()
        assert not isinstance(frame, bytes), f"{len(frame)} bytes of audio where {kinds} was expected"
        assert frame["type"] in kinds, frame
        return frame

    async def until(self, *kinds: str) -> Message:
        """The next message of one of these types; what comes before it is dropped."""
        while True:
            frame = await self.receive()
            if not isinstance(frame, bytes) and frame["type"] in kinds:
                return frame

    async def start(self, **fields: object) -> Message:
        """Send `start`; the answer, which must be `started`."""
        await self.send("start", **fields)
        return await self.expect("started")

    async def say(self, text: str, **fields: object) -> Spoken:
        """Have an utterance spoken, and hear it to its end."""
        await self.send("speak", text=text, **fields)
        return await self.hear()

    async def hear(self) -> Spoken:
        """Everything up to the end of an utterance, or an error."""
        spoken = Spoken()
        while True:
            frame = await self.receive()
            if isinstance(frame, bytes):
                spoken.frames.append(frame)
                continue
            spoken.messages.append(frame)
            if frame["type"] in ENDS:
                return spoken

    async def closed(self) -> int:
        """The code the server closes with; what it still sends is dropped."""
        async with asyncio.timeout(PATIENCE_S):
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await self.socket.recv()
            await self.socket.wait_closed()
        assert self.socket.close_code is not None
        return self.socket.close_code


async def _receive(connection: ClientConnection) -> Message | bytes:
    async with asyncio.timeout(PATIENCE_S):
        frame = await connection.recv()
    if isinstance(frame, bytes):
        return frame
    message: Message = json.loads(frame)
    return message


@asynccontextmanager
async def speak_client(
    url: str,
    *,
    token: str | None = None,
    subprotocols: Sequence[str] = (),
    headers: dict[str, str] | None = None,
    receive_bytes: int | None = None,
) -> AsyncIterator[SpeakClient]:
    """A session on the server at `url` (http://...), with its `ready` received.

    `receive_bytes` is all that this end takes in before it is read; a system may otherwise take 32 MB.
    """
    extra = dict(headers or {})
    connection: dict[str, Any] = {}
    if receive_bytes is not None:
        address = urlsplit(url)
        connection["sock"] = small = socket.socket()
        small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        small.setblocking(False)
        await asyncio.get_running_loop().sock_connect(small, (address.hostname, address.port))
    if token is not None:
        extra["Authorization"] = f"Bearer {token}"
    async with connect(
        url.replace("http", "ws", 1) + "/api/v1/speak",
        additional_headers=extra,
        subprotocols=[Subprotocol(name) for name in subprotocols] or None,
        compression=None,
        max_size=None,
        max_queue=16 if receive_bytes is None else 1,
        proxy=None,
        open_timeout=PATIENCE_S,
        **connection,
    ) as connected:
        ready = await _receive(connected)
        assert not isinstance(ready, bytes)
        assert ready["type"] == "ready", ready
        yield SpeakClient(connected, ready)
