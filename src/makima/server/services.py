"""What the routes of one server share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from makima.config import Settings
from makima.engines.bridge import EngineHost
from makima.engines.output import Observer, Patience
from makima.errors import CapacityError, ModelLoading
from makima.events import Loading, OnLoading
from makima.server.access.usage import CountedFor, UsageLog
from makima.server.auth import Identity, Tokens
from makima.server.conversations import Conversations
from makima.server.jobs.service import JobService
from makima.server.limits import Limits
from makima.server.metrics import Metrics
from makima.server.recognition import Recognition
from makima.voices.catalog import VoiceCatalog
from makima.voices.library import Library
from makima.voices.transcriber import Transcriber

DRAIN_POLL_S = 0.05

MakeDefault: TypeAlias = Callable[[Library, OnLoading], object]
"""Gives the default voice a synthesized recording, and reports its progress. Blocks."""


class Drainable(Protocol):
    """A session that can be asked to end once its queue is empty."""

    async def drain(self) -> None: ...


@dataclass(slots=True)
class Services:
    """One server's engine, recogniser, voices, limits, conversations and metrics.

    `reason` says why this engine was chosen. `recognition` is None if no recogniser can load here, `transcriber` if
    none is good enough to transcribe a voice's recording, and `make_default` if the default voice needs no recording.
    """

    settings: Settings
    host: EngineHost
    reason: str
    voices: VoiceCatalog
    library: Library
    tokens: Tokens
    limits: Limits
    conversations: Conversations
    usage: UsageLog
    jobs: JobService
    metrics: Metrics = field(default_factory=Metrics)
    sockets: set[Drainable] = field(default_factory=set)
    draining: bool = False
    recognition: Recognition | None = None
    transcriber: Transcriber | None = None
    make_default: MakeDefault | None = None

    def refresh_voices(self) -> None:
        """Find the voices that were made or deleted since, here or by another server. Blocks."""
        self.library.refresh()
        self.voices.refresh()

    def __post_init__(self) -> None:
        self.metrics.observe(self.host.engine)

    @property
    def patience(self) -> Patience:
        """How long speech is waited for."""
        return Patience(self.settings.audio_timeout_s, self.settings.client_timeout_s)

    def observer(self, who: Identity) -> Observer:
        """What is told of the utterances of `who`: the metrics, and the usage log."""
        return CountedFor(self.metrics, self.usage, who.subject)

    def refuse_while_draining(self) -> None:
        """Raises: CapacityError while the server is shutting down."""
        if self.draining:
            raise CapacityError("The server is shutting down.", retry_after_s=5.0)

    async def loading(self) -> AsyncIterator[Loading]:
        """Yield the progress of loading until the engine is loaded, for at most `load_wait_s`.

        Raises: ModelLoading; and what `Engine.load` raises
        """
        async for news in patient_news(self.host.load(), self.settings.load_wait_s):
            yield news

    async def drain(self, hurry: Callable[[], bool] = lambda: False) -> None:
        """Accept nothing new, and wait until all sessions have ended, for at most `drain_s`."""
        self.draining = True
        deadline_s = time.monotonic() + self.settings.drain_s
        # In tasks, as a client that does not read must not delay the end of the others.
        farewells = [asyncio.create_task(socket.drain()) for socket in list(self.sockets)]
        # `hurry` is a flag that a signal handler sets: there is nothing to await, so it is polled.
        while self.sockets and time.monotonic() < deadline_s and not hurry():  # noqa: ASYNC110
            await asyncio.sleep(DRAIN_POLL_S)
        for farewell in farewells:
            farewell.cancel()


async def patient_news(news: AsyncIterator[Loading], wait_s: float) -> AsyncIterator[Loading]:
    """`news`, for at most `wait_s`.

    Raises: ModelLoading
    """
    deadline_s = asyncio.get_running_loop().time() + wait_s
    while True:
        try:
            # Around each wait and not around all: what the caller does between two must not be interrupted.
            async with asyncio.timeout_at(deadline_s):
                latest = await anext(news, None)
        except TimeoutError as exc:
            raise ModelLoading(
                f"The model is still loading after {wait_s:.0f} s.", mend="Try again in a minute."
            ) from exc
        if latest is None:
            return
        yield latest
