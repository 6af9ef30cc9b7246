"""What the clients of a soak share: the server, the ledger, and what each text must sound like."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import httpx
import websockets

from makima.bench.soak.ledger import Ledger
from makima.bench.soak.texts import LONG_TEXT, SEED, TEXTS, Reference
from makima.errors import EngineError

ANSWER_S = 120.0
"""How long anything may take to answer; on a busy machine many wait for each other."""

Frame: TypeAlias = dict[str, Any]
T = TypeVar("T")


async def within(answer: Awaitable[T], wait_s: float = ANSWER_S) -> T:
    """The answer.

    Raises: EngineError where none comes in time
    """
    try:
        async with asyncio.timeout(wait_s):
            return await answer
    except TimeoutError as exc:
        raise EngineError(f"Nothing came within {wait_s:.0f} s.") from exc


@dataclass(slots=True)
class Site:
    """`address` is the server's host and port; `repeats` whether the engine says the same without a seed, too."""

    address: str
    wyoming_port: int
    reference: Reference
    repeats: bool
    client_timeout_s: float
    clones: bool
    ledger: Ledger = field(default_factory=Ledger)

    @property
    def voices(self) -> list[str]:
        """Those that the reference has."""
        return list(dict.fromkeys(voice for voice, _ in self.reference))

    def expected(self, text: str, voice: str | None = None, *, seeded: bool = False) -> bytes | None:
        """What a text sounds like; None where the engine says it in another way each time.

        The default voice if none is named.
        """
        return self.reference[voice or self.voices[0], text] if self.repeats or seeded else None

    @asynccontextmanager
    async def http(self) -> AsyncIterator[httpx.AsyncClient]:
        """A client for requests; its connections are closed at the end."""
        async with httpx.AsyncClient(base_url=f"http://{self.address}", timeout=ANSWER_S, trust_env=False) as client:
            yield client

    @asynccontextmanager
    async def socket(self, path: str, **options: Any) -> AsyncIterator[JsonSocket]:
        """A socket of the server."""
        async with websockets.connect(
            f"ws://{self.address}{path}",
            max_size=None,
            compression=None,
            open_timeout=ANSWER_S,
            ping_interval=None,
            close_timeout=5,
            proxy=None,
            **options,
        ) as connection:
            yield JsonSocket(connection)


@dataclass(slots=True)
class JsonSocket:
    """A socket with JSON in its text frames."""

    connection: websockets.ClientConnection

    async def send(self, **fields: object) -> None:
        """Send an object."""
        await self.connection.send(json.dumps(fields))

    async def receive(self) -> Frame | bytes:
        """The next frame: an object, or bytes."""
        frame = await self.connection.recv()
        if isinstance(frame, bytes):
            return frame
        found: Frame = json.loads(frame)
        return found

    async def frames(self) -> AsyncIterator[Frame | bytes]:
        """All frames that come, until the socket is closed."""
        while True:
            try:
                yield await self.receive()
            except websockets.ConnectionClosed:
                return


Action: TypeAlias = Callable[[Site, random.Random], Awaitable[None]]
"""What one client does, from its connection to its end."""


def some_text(rng: random.Random) -> str:
    """One of the texts; seldom the long one."""
    return LONG_TEXT if rng.random() < 0.05 else rng.choice(TEXTS)


__all__ = ["ANSWER_S", "SEED", "Action", "Frame", "JsonSocket", "Site", "some_text"]
