"""Both crossings between engines, which are synchronous, and asyncio."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from makima.engines.protocol import Engine, SpeechStream
from makima.events import Loading, OnLoading, SpeechEnd, SpeechEvent


async def events(stream: SpeechStream) -> AsyncIterator[SpeechEvent]:
    """The events of `stream` up to and with its `SpeechEnd`. Closing the iterator early cancels the stream."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()

    def notify() -> None:
        with contextlib.suppress(RuntimeError):  # the loop may be gone when a late event comes
            loop.call_soon_threadsafe(ready.set)

    stream.subscribe(notify)
    try:
        while True:
            ready.clear()
            while (event := stream.poll()) is not None:
                yield event
                if isinstance(event, SpeechEnd):
                    return
            await ready.wait()
    finally:
        stream.cancel()


class EngineHost:
    """An engine that is loaded once, on first use, however many sessions wait for it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._task: asyncio.Task[None] | None = None
        self._listeners: set[OnLoading] = set()
        self._news: Loading | None = None

    @property
    def loading(self) -> Loading | None:
        """The latest news while loading, else None."""
        return self._news if self._task is not None and not self._task.done() else None

    async def load(self, on_loading: OnLoading) -> None:
        """Return when the engine is loaded; `on_loading` is called in this event loop with every news until then.

        Raises: what `Engine.load` raises. The next call tries again. Giving up the wait does not stop the loading.
        """
        if self.engine.loaded:
            return
        if self._task is None or self._task.done():
            self._news = None
            self._task = asyncio.create_task(self._load())
            # Whoever waits sees the exception; with nobody left waiting it has been reported to the log.
            self._task.add_done_callback(lambda task: task.cancelled() or task.exception())
        elif self._news is not None:
            on_loading(self._news)
        self._listeners.add(on_loading)
        try:
            await asyncio.shield(self._task)
        finally:
            self._listeners.discard(on_loading)

    async def close(self) -> None:
        await asyncio.to_thread(self.engine.close)

    async def _load(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(self.engine.load, lambda news: loop.call_soon_threadsafe(self._tell, news) and None)

    def _tell(self, news: Loading) -> None:
        self._news = news
        for listener in list(self._listeners):
            listener(news)
