"""Audio in, what is heard in it out, awaited: a listen stream on the event loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import TypeVar

from makima.errors import RecognitionFailed
from makima.events import Samples
from makima.server.monitoring.metrics import Metrics
from makima.server.recognition import Recognition, required
from makima.server.services import Services, patient_news
from makima.stt.listening.session import Listener
from makima.stt.protocol import Final, ListenEnd, ListenEvent, ListenRequest, ListenStream, Missed
from makima.text.language import AUTO, canonical

StreamT = TypeVar("StreamT", bound=ListenStream)


def heard_language(recognition: Recognition, asked: str | None) -> str:
    """The language to listen in: what is asked for if the recogniser knows it, else what suits it."""
    known = recognition.recognizer.capabilities.languages
    found = canonical(asked) if asked else None
    if found in known:
        assert found is not None
        return found
    return known[0] if len(known) == 1 else AUTO


class Hearing:
    """One stream of audio being listened to."""

    def __init__(self, stream: ListenStream, metrics: Metrics) -> None:
        self._stream = stream
        self._metrics = metrics
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        loop = asyncio.get_running_loop()

        def tell() -> None:
            self._news.set()
            self._room.set()

        def notify() -> None:
            with contextlib.suppress(RuntimeError):  # the loop may be gone when a late event comes
                loop.call_soon_threadsafe(tell)

        stream.subscribe(notify)

    @classmethod
    async def open(cls, services: Services, request: ListenRequest, listener: Listener | None = None) -> Hearing:
        """Begin to listen, once the recogniser is loaded. `listener` in place of the server's own.

        Raises: AssetError, ModelLoading
        """
        recognition = required(services.recognition)
        async for _ in patient_news(recognition.host.load(), services.settings.load_wait_s):
            pass
        # The detector's weights are read here, which other sessions' audio need not wait for.
        stream = await asyncio.to_thread((listener or recognition.listener).open, request)
        return cls(stream, services.metrics)

    async def feed(self, samples: Samples) -> None:
        """Add audio. Waits while too much of it is not listened to yet, which holds the client back."""
        self._stream.feed(samples)
        while self._stream.full:
            self._room.clear()
            if self._stream.full:
                await self._room.wait()

    def end(self) -> None:
        """There is no more audio."""
        self._stream.end_audio()

    def cancel(self) -> None:
        """Stop listening. Idempotent."""
        self._stream.cancel()
        self._room.set()

    def guard(self, on: bool) -> None:
        """Ask more of what counts as speech."""
        self._stream.guard(on)

    async def events(self) -> AsyncGenerator[ListenEvent, None]:
        """What is heard, up to and with the `ListenEnd`."""
        while True:
            self._news.clear()
            while (event := self._stream.poll()) is not None:
                if isinstance(event, Final):
                    self._metrics.count_heard()
                yield event
                if isinstance(event, ListenEnd):
                    return
            await self._news.wait()

    async def words(self) -> str:
        """All that is said, once the audio has ended.

        Raises: RecognitionFailed
        """
        texts: list[str] = []
        async for event in self.events():
            match event:
                case Final(text=text) if text:
                    texts.append(text)
                case Missed(error=error):
                    raise error
                case ListenEnd(reason="failed", error=failure):
                    raise failure or RecognitionFailed("Listening failed.")
        return " ".join(texts)
