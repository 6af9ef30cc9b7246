"""What the routes of one server share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from makima.config import Settings
from makima.engines.bridge import EngineHost
from makima.errors import CapacityError
from makima.server.auth import Tokens
from makima.server.limits import Limits
from makima.server.metrics import Metrics
from makima.voices.catalog import VoiceCatalog

DRAIN_POLL_S = 0.05


class Drainable(Protocol):
    """A session that can be asked to end once it has spoken what it has to say."""

    async def drain(self) -> None: ...


@dataclass(slots=True)
class Services:
    """One server's engine, voices, doors and figures. `reason` says why this engine was chosen."""

    settings: Settings
    host: EngineHost
    reason: str
    voices: VoiceCatalog
    tokens: Tokens
    limits: Limits
    metrics: Metrics = field(default_factory=Metrics)
    sockets: set[Drainable] = field(default_factory=set)
    draining: bool = False

    def refuse_while_draining(self) -> None:
        """Raises: CapacityError while the server is shutting down."""
        if self.draining:
            raise CapacityError("The server is shutting down.", retry_after_s=5.0)

    async def drain(self, hurry: Callable[[], bool] = lambda: False) -> None:
        """Take nothing new, and wait until what is being spoken has been, for at most the time set."""
        self.draining = True
        deadline_s = time.monotonic() + self.settings.drain_s
        # A client that does not read must not hold up the others' farewell.
        farewells = [asyncio.create_task(socket.drain()) for socket in list(self.sockets)]
        # `hurry` is a flag that a signal handler sets: there is nothing to await, so it is looked at now and then.
        while self.sockets and time.monotonic() < deadline_s and not hurry():  # noqa: ASYNC110
            await asyncio.sleep(DRAIN_POLL_S)
        for farewell in farewells:
            farewell.cancel()
