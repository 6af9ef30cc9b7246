"""Between engines, which are synchronous, and asyncio: loading, and reading a stream."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Generic, Protocol, TypeAlias, TypeVar

from makima import installation
from makima.engines.protocol import Engine, SpeechStream
from makima.errors import EngineError, MakimaError, Timeout
from makima.events import Loading, OnLoading, SpeechEvent


class StreamReader:
    """A stream's events, awaited one at a time. The stream is cancelled by the code that opened it, not here."""

    def __init__(self, stream: SpeechStream) -> None:
        self._stream = stream
        self._loop = asyncio.get_running_loop()
        self._ready = asyncio.Event()
        stream.subscribe(self._notify)

    async def next(self, timeout_s: float) -> SpeechEvent:
        """The next event.

        Raises: Timeout if none comes within `timeout_s`; reading may then go on.
        """
        event = self._stream.poll()
        if event is not None:
            return event
        try:
            async with asyncio.timeout(timeout_s):
                while (event := self._stream.poll()) is None:
                    self._ready.clear()
                    # An event may have come before the clear, which then cleared its notice too.
                    if (event := self._stream.poll()) is not None:
                        break
                    await self._ready.wait()
        except TimeoutError as exc:
            raise Timeout(f"{timeout_s:.0f} s have passed and no more audio was made.") from exc
        return event

    def _notify(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop may be closed when a late event comes
            self._loop.call_soon_threadsafe(self._ready.set)


class Loadable(Protocol):
    """What is loaded before it is used: an engine, or a recogniser."""

    @property
    def loaded(self) -> bool: ...

    def load(self, on_loading: OnLoading) -> None: ...

    def close(self) -> None: ...


LoadableT = TypeVar("LoadableT", bound=Loadable)


class Host(Generic[LoadableT]):
    """An engine that is loaded once, on first use, for all sessions that wait for it."""

    def __init__(self, engine: LoadableT) -> None:
        self.engine = engine
        self.failure: MakimaError | None = None
        self.was_loaded = False
        """Whether it has been loaded before: an engine that is unloaded meanwhile loads again when it is needed."""
        self._task: asyncio.Task[None] | None = None
        self._news: Loading | None = None
        # None in a queue ends it.
        self._waiting: set[asyncio.Queue[Loading | None]] = set()

    @property
    def loading(self) -> Loading | None:
        """The latest progress while loading, else None."""
        return self._news if self._task is not None else None

    def begin(self) -> None:
        """Start to load in the background, unless it is loaded or being loaded. `failure` tells how that has ended."""
        if not self.engine.loaded and self._task is None:
            self._started().add_done_callback(_noted)

    async def load(self) -> AsyncIterator[Loading]:
        """Yield the progress of loading until the engine is loaded. Loading goes on if the caller stops waiting.

        Raises: what `Engine.load` raises; the next call then tries again.
        """
        if self.engine.loaded:
            return
        task = self._task or self._started()
        queue: asyncio.Queue[Loading | None] = asyncio.Queue()
        if self._news is not None:
            queue.put_nowait(self._news)
        self._waiting.add(queue)
        try:
            while (news := await queue.get()) is not None:
                yield news
        finally:
            self._waiting.discard(queue)
        await asyncio.shield(task)

    async def close(self) -> None:
        await asyncio.to_thread(self.engine.close)

    def _started(self) -> asyncio.Task[None]:
        self.failure, self._news = None, None
        self._task = asyncio.create_task(self._load())
        return self._task

    async def _load(self) -> None:
        loop = asyncio.get_running_loop()

        def on_loading(news: Loading) -> None:
            loop.call_soon_threadsafe(self._tell, news)

        try:
            await asyncio.to_thread(self.engine.load, on_loading)
            self.was_loaded = True
        except MakimaError as exc:
            self.failure = exc
            raise
        except Exception as exc:
            self.failure = EngineError(f"It does not load: {exc}.", mend=installation.run("doctor"))
            raise self.failure from exc
        finally:
            self._task = None
            self._tell(None)

    def _tell(self, news: Loading | None) -> None:
        self._news = news or self._news
        for queue in self._waiting:
            queue.put_nowait(news)


def _noted(task: asyncio.Task[None]) -> None:
    """Take the exception of a task that is not awaited, which asyncio would report as lost."""
    if not task.cancelled():
        task.exception()


EngineHost: TypeAlias = Host[Engine]
