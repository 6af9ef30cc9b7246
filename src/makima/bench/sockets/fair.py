"""What an honest client gets beside many that are greedy: its first audio, alone and beside each kind."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import httpx
import numpy as np
import websockets

from makima.bench.report import Figure
from makima.bench.sockets.listener import hear
from makima.bench.sockets.server import ANSWER_S, TEXTS, running_server
from makima.errors import ConfigError

OVER_ALONE = 1.2
SETTLE_S = 10.0
"""Until those who begin together have had their first sound: what comes with that is measured by itself."""
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
    {"appends": appends, "pings": pings, "empty frames": empty_frames, "stalls": stalls}
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How many greedy clients of each of some kinds, and how many utterances of the honest one."""

    engine: str = "espeak"
    greedy: int = 100
    rounds: int = 40
    kinds: tuple[str, ...] = tuple(KINDS)
    settle_s: float = SETTLE_S

    def __post_init__(self) -> None:
        if unknown := [kind for kind in self.kinds if kind not in KINDS]:
            raise ConfigError("--kinds", f"There is no kind {unknown[0]!r}.", mend=f"Take some of: {', '.join(KINDS)}.")


@dataclass(slots=True)
class Measured:
    """First audio of the honest client, and how long `/health` took. Units: ms"""

    first_audio_ms: list[float] = field(default_factory=list)
    health_ms: list[float] = field(default_factory=list)


Results: TypeAlias = dict[str, tuple[Measured, Measured, Measured]]
"""By kind: alone, while the greedy ones begin, and after that."""


def run(plan: Plan, on_step: Callable[[str], None]) -> Results:
    """Measure, alone and beside each kind in turn.

    Raises: EngineError where the server does not start, or does not speak
    """
    with running_server(plan.engine) as server:
        return asyncio.run(_all(server.url, plan, on_step))


async def _all(url: str, plan: Plan, on_step: Callable[[str], None]) -> Results:
    found: Results = {}
    await _honest(url, 3)
    for kind in plan.kinds:
        on_step(f"alone, before {kind}")
        alone = await _honest(url, plan.rounds)
        on_step(f"beside {plan.greedy} x {kind}")
        async with _beside(url, KINDS[kind], plan.greedy):
            begun_s, beginning = time.monotonic(), Measured()
            while time.monotonic() < begun_s + plan.settle_s:
                await _once(url, beginning)
            found[kind] = alone, beginning, await _honest(url, plan.rounds)
    return found


async def _honest(url: str, rounds: int) -> Measured:
    measured = Measured()
    for _ in range(rounds):
        await _once(url, measured)
    return measured


async def _once(url: str, measured: Measured) -> None:
    """An utterance of a new session, and a look at the server's state."""
    async with _connected(url) as client:
        while json.loads(await client.recv())["type"] != "ready":
            pass
        heard = await hear(client, TEXTS["short"])
        measured.first_audio_ms.append(heard.first_audio_ms)
    begun_s = time.perf_counter()
    async with httpx.AsyncClient(timeout=ANSWER_S, trust_env=False) as http:
        await http.get(f"http://{urlsplit(url).netloc}/health")
    measured.health_ms.append((time.perf_counter() - begun_s) * 1000)


@asynccontextmanager
async def _beside(url: str, greedy: Greedy, count: int) -> AsyncIterator[None]:
    """So many greedy clients, which read nothing, while the context lasts."""
    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(_connected(url, _small(url))) for _ in range(count)]
        tasks = [asyncio.create_task(_closed_quietly(greedy, client)) for client in clients]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for client in clients:
                client.transport.abort()


async def _closed_quietly(greedy: Greedy, client: Connection) -> None:
    with contextlib.suppress(websockets.ConnectionClosed):
        await greedy(client)


def _connected(url: str, sock: socket.socket | None = None) -> Any:
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
    """A connection of a client that takes in next to nothing before it is read."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER_BYTES)
    address = urlsplit(url)
    made.connect((address.hostname, address.port))
    made.setblocking(False)
    return made


def figures(results: Results) -> list[Figure]:
    """What the honest client got, against what it gets alone."""
    found: list[Figure] = []
    for kind, (alone, beginning, steady) in results.items():
        for name, measured in (("alone", alone), ("while they begin", beginning), ("then", steady)):
            for what, values in (("first audio", measured.first_audio_ms), ("/health", measured.health_ms)):
                if values:
                    p50, p90, most = np.percentile(values, (50, 90, 100))
                    found += [
                        Figure(f"{kind}: {what} {name}, {p}", float(value), "ms")
                        for p, value in (("median", p50), ("90 %", p90), ("most", most))
                    ]
        over = np.median(steady.first_audio_ms) / np.median(alone.first_audio_ms)
        found.append(Figure(f"{kind}: first audio over alone, median", float(over), "x", OVER_ALONE))
    return found
