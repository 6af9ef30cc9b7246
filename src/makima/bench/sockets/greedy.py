"""Clients that take more than their share, in a process of their own: `python -m makima.bench.sockets.greedy`.

In the process of the honest client they would hold up that client itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import websockets

from makima.bench.sockets.texts import ANSWER_S, TEXTS
from makima.errors import EngineError

FLOOD_CHARACTERS = 2_000
SMALL_BUFFER_BYTES = 16_384

Connection: TypeAlias = websockets.ClientConnection
Greedy: TypeAlias = Callable[[Connection], Awaitable[None]]


async def appends(client: Connection) -> None:
    """Text without end."""
    text = ("This sentence is here so that there is a great deal to say. " * 40)[:FLOOD_CHARACTERS]
    while True:
        await client.send(json.dumps({"type": "append", "text": text}))


async def pings(client: Connection) -> None:
    """Pings whose answers are not waited for."""
    while True:
        await client.ping()
        await asyncio.sleep(0)


async def unread_pongs(client: Connection) -> None:
    """The longest pings there are, whose answers are not taken off the connection."""
    client.transport.pause_reading()
    while True:
        await client.ping(bytes(125))
        await asyncio.sleep(0)


async def empty_frames(client: Connection) -> None:
    """A message in frames without anything in them, that has no end."""

    async def frames() -> AsyncIterator[str]:
        while True:
            yield ""
            await asyncio.sleep(0)

    await client.send(frames())


async def stalls(client: Connection) -> None:
    """A long text whose sound is never read."""
    await client.send(json.dumps({"type": "speak", "text": TEXTS["long"] * 6}))
    await asyncio.Event().wait()


KINDS: Mapping[str, Greedy] = MappingProxyType(
    {
        "appends": appends,
        "pings": pings,
        "unread pongs": unread_pongs,
        "empty frames": empty_frames,
        "stalls": stalls,
    }
)


@asynccontextmanager
async def beside(url: str, kind: str, count: int) -> AsyncIterator[None]:
    """So many greedy clients, which read nothing, while the context lasts.

    Raises: EngineError where they cannot connect
    """
    command = (sys.executable, "-m", "makima.bench.sockets.greedy", url, kind, str(count))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        if not await process.stdout.readline():
            raise EngineError("The greedy clients cannot connect.")
        yield
    finally:
        process.stdin.close()
        await process.wait()


async def _run(url: str, kind: str, count: int) -> None:
    """Connect, say so, and be greedy until standard input ends."""
    if hasattr(os, "nice"):
        os.nice(19)  # as they stand for other machines, they must not take the processor away from this one
    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(connected(url, _small(url))) for _ in range(count)]
        print("connected", flush=True)
        tasks = [asyncio.create_task(_closed_quietly(KINDS[kind], client)) for client in clients]
        await asyncio.to_thread(sys.stdin.read)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for client in clients:
            client.transport.abort()


async def _closed_quietly(greedy: Greedy, client: Connection) -> None:
    with contextlib.suppress(websockets.ConnectionClosed):
        await greedy(client)


def connected(url: str, sock: socket.socket | None = None) -> Any:
    """A connection that answers and sends no pings."""
    return websockets.connect(
        url,
        sock=sock,
        compression=None,
        max_size=None,
        max_queue=1 if sock is not None else None,
        open_timeout=ANSWER_S,
        ping_interval=None,
        proxy=None,
    )


def _small(url: str) -> socket.socket:
    """A connection of a client that takes in next to nothing before it is read, and has little on its way."""
    made = socket.socket()
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        made.setsockopt(socket.SOL_SOCKET, option, SMALL_BUFFER_BYTES)
    address = urlsplit(url)
    made.connect((address.hostname, address.port))
    made.setblocking(False)
    return made


if __name__ == "__main__":
    asyncio.run(_run(sys.argv[1], sys.argv[2], int(sys.argv[3])))
