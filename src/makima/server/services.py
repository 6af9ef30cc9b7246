"""What the routes of one server share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias
from weakref import WeakSet

from makima.config import Settings
from makima.decoding import Decoder
from makima.engines.bridge import EngineHost
from makima.engines.fallback import Degradable
from makima.engines.output import Format, Patience, SpeechOutput
from makima.engines.protocol import Observable
from makima.errors import CapacityError, ModelLoading
from makima.events import Loading, OnLoading
from makima.llm.chosen.choice import ChatChoice
from makima.llm.protocol import ChatModel
from makima.server import error_map
from makima.server.access.administered import Depot
from makima.server.access.usage import UsageLog
from makima.server.auth import Identity, Tokens
from makima.server.capacity import Capacity
from makima.server.connections.requests import Requests
from makima.server.conversations import Conversations
from makima.server.jobs.service import JobService
from makima.server.limits import Limits
from makima.server.monitoring import scope as scopes
from makima.server.monitoring.metrics import Metrics
from makima.server.monitoring.scope import Scope
from makima.server.monitoring.stalls import Stalls
from makima.server.monitoring.tracing import Tracing
from makima.server.monitoring.utterances import UtteranceWatch
from makima.server.recognition import Recognition
from makima.voices.catalog import VoiceCatalog
from makima.voices.library import Library
from makima.voices.transcriber import Transcriber

DRAIN_POLL_S = 0.05
CROWDED = 0.25
"""Of the places: with more that speak, each is made at the pace of its playback, and the rest is left for others."""
COUNT_S = 0.05
MEASURE_POLL_S = 0.5
CUT_S = 1.0
"""For clients to be told of the end of what a shutdown did not wait for."""

MakeChat: TypeAlias = Callable[[Settings, ChatChoice | None], ChatModel]
"""Makes the chat model that was chosen on the page; for None that of the settings."""

MakeDefault: TypeAlias = Callable[[Library, OnLoading], object]
"""Gives the default voice a synthesized recording, and reports its progress. Blocks."""


class Drainable(Protocol):
    """A session that can be asked to end once its queue is empty."""

    async def drain(self) -> None: ...


@dataclass(slots=True)
class Services:
    """One server's engine, recogniser, voices, limits, conversations and metrics.

    `reason` says why this engine was chosen. `recognition` is None if no recogniser can load here, `transcriber` if
    none is good enough to transcribe a voice's recording, `make_default` if the default voice needs no recording, and
    `restart` where the server cannot start itself again.
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
    tracing: Tracing | None = None
    metrics: Metrics = field(default_factory=Metrics)
    stalls: Stalls = field(init=False)
    decoder: Decoder = field(default_factory=Decoder)
    sockets: set[Drainable] = field(default_factory=set)
    requests: Requests = field(default_factory=Requests)
    draining: bool = False
    recognition: Recognition | None = None
    transcriber: Transcriber | None = None
    make_default: MakeDefault | None = None
    capacity: Capacity = field(init=False)
    measures_capacity: bool = False
    """Whether it is measured once the engine has loaded."""
    _outputs: WeakSet[SpeechOutput] = field(default_factory=WeakSet)
    _asked: int = 0  # for how many utterances so far
    _cut: bool = False
    _counted_s: float = 0.0
    _is_crowded: bool = False
    make_chat: MakeChat | None = None
    depot: Depot | None = None
    restart: Callable[[], None] | None = None

    def refresh_voices(self) -> None:
        """Find the voices that were made or deleted since, here or by another server. Blocks."""
        self.library.refresh()
        self.voices.refresh()

    def __post_init__(self) -> None:
        self.capacity = Capacity(self.settings.limit_at_once)
        self.limits.crowded = self._crowded
        self.stalls = Stalls(self.settings.stall_s)
        self.metrics.observe(self.host.engine, self.stalls)
        if isinstance(self.host.engine, Degradable):
            self.host.engine.on_change(self.voices.refresh)

    @property
    def notice(self) -> str:
        """What clients are told of the engine; empty while the best one speaks."""
        return self.host.engine.notice if isinstance(self.host.engine, Degradable) else ""

    @property
    def patience(self) -> Patience:
        """How long speech is waited for."""
        return Patience(self.settings.audio_timeout_s, self.settings.client_timeout_s)

    def output(
        self,
        who: Identity,
        form: Format,
        left: Callable[[], Awaitable[object]] | None = None,
        scope: Scope | None = None,
    ) -> SpeechOutput:
        """The way of one utterance to `who`: counted, and ended with an error where a shutdown cannot wait for it.

        It came in by the scope of the caller, or by the one given.
        """
        observer = UtteranceWatch(
            scope or scopes.current(),
            self.metrics,
            self.stalls,
            self.usage,
            who.subject,
            self.tracing,
            log_text=self.settings.log_text,
        )
        if isinstance(self.host.engine, Degradable):
            observer.on_paced = self.host.engine.paced
        output = SpeechOutput(form, observer, self.patience, left, who.audio or self.limits.audio(), self._admit)
        if self._cut:
            output.fail(_shutting_down())
        self._outputs.add(output)
        self._asked += 1
        return output

    def _admit(self) -> None:
        """Raises: CapacityError where another utterance would hold up those that are being spoken"""
        if isinstance(self.host.engine, Observable):
            return  # which refuses by itself, beyond its slots
        self.capacity.check(self._speaking())

    def _speaking(self) -> int:
        return sum(output.holds_a_place for output in self._outputs)

    def _crowded(self) -> bool:
        """Looked at for each piece of speech, so that the utterances are not counted each time."""
        if self.capacity.utterances is None:
            return False
        now_s = time.monotonic()
        if now_s - self._counted_s >= COUNT_S:
            self._counted_s = now_s
            self._is_crowded = self._speaking() > CROWDED * self.capacity.utterances
        return self._is_crowded

    async def measure_capacity(self) -> None:
        """Find out how much the engine can speak, once it has loaded and while there is nothing else to speak."""
        measured = False
        while not measured:
            while not self.host.engine.loaded or self._under_way():  # noqa: ASYNC110
                await asyncio.sleep(MEASURE_POLL_S)
            measured = await asyncio.to_thread(self._measure_undisturbed)
        if (per_s := self.capacity.greedy_per_s) is not None:
            self.limits.hold_greedy_to(per_s)

    def _measure_undisturbed(self) -> bool:
        asked = self._asked

        def disturbed() -> bool:
            return self._asked != asked

        return self.capacity.measure(self.host.engine, self.voices.default.id, disturbed)

    def refuse_while_draining(self) -> None:
        """Raises: CapacityError while the server is shutting down."""
        if self.draining:
            raise _shutting_down()

    async def loading(self) -> AsyncIterator[Loading]:
        """Yield the progress of loading until the engine is loaded, for at most `load_wait_s`.

        Raises: ModelLoading; and what `Engine.load` raises
        """
        async for news in patient_news(self.host.load(), self.settings.load_wait_s):
            yield news

    async def drain(self) -> None:
        """Accept nothing new, and wait until all speech has ended; after `drain_s`, end the rest with an error."""
        self.draining = True
        # In tasks, as a client that does not read must not delay the end of the others.
        farewells = [asyncio.create_task(socket.drain()) for socket in list(self.sockets)]
        await self._wait_for_ends(self.settings.drain_s)
        self._cut = True
        for output in list(self._outputs):
            output.fail(_shutting_down())
        await self._wait_for_ends(CUT_S)
        for farewell in farewells:
            farewell.cancel()
        self.requests.cut(error_map.shutdown_response(_shutting_down()))

    async def _wait_for_ends(self, wait_s: float) -> None:
        deadline_s = time.monotonic() + wait_s
        while (self.sockets or self._under_way()) and time.monotonic() < deadline_s:  # noqa: ASYNC110
            await asyncio.sleep(DRAIN_POLL_S)

    def _under_way(self) -> bool:
        return any(output.under_way for output in self._outputs)


def _shutting_down() -> CapacityError:
    return CapacityError("The server is shutting down.", retry_after_s=5.0)


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
