"""The client without asyncio: the same, with an event loop of its own in a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Generator, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from makima.client.asynchronous import DEFAULT_URL, AsyncClient
from makima.client.events import Audio, Utterance

T = TypeVar("T")
_END = object()


class Client:
    """A server, and the key for it. Use it as a context, or call `close`.

    Raises, from each method: ServerError
    """

    def __init__(self, base_url: str = DEFAULT_URL, key: str | None = None, timeout_s: float = 60.0) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="makima-client", daemon=True)
        self._thread.start()
        self._client = AsyncClient(base_url, key, timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close connections and end the thread. Idempotent."""
        if self._loop.is_closed():
            return
        self._wait(self._client.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def voices(self) -> list[dict[str, Any]]:
        """The voices there are, as `GET /api/v1/voices` lists them."""
        return self._wait(self._client.voices())

    def speak(
        self,
        text: str | Iterable[str],
        *,
        voice: str | None = None,
        language: str | None = None,
        sample_rate_hz: int = 24_000,
        seed: int | None = None,
        word_times: bool = False,
    ) -> Generator[Audio, None, None]:
        """Yield the speech as it is made; a text that is still being written is spoken while it comes.

        With `word_times`, `Audio.words` says which words begin in it. Leaving the loop ends the speech.
        """
        source = text if isinstance(text, str) else _read(text)
        return self._iterate(
            self._client.speak(
                source,
                voice=voice,
                language=language,
                sample_rate_hz=sample_rate_hz,
                seed=seed,
                word_times=word_times,
            )
        )

    def listen(
        self,
        audio: Iterable[bytes],
        *,
        sample_rate_hz: int = 16_000,
        language: str | None = None,
        diarize: bool = False,
    ) -> Generator[Utterance, None, None]:
        """Yield what is heard in `audio` (mono s16le), settled words first, then whole utterances."""
        return self._iterate(
            self._client.listen(_read(audio), sample_rate_hz=sample_rate_hz, language=language, diarize=diarize)
        )

    def transcribe(self, recording: Path | bytes, *, language: str | None = None) -> str:
        """The words in a recording of any usual format."""
        return self._wait(self._client.transcribe(recording, language=language))

    def save(self, text: str, file: Path, *, voice: str | None = None, speed: float = 1.0) -> None:
        """Speak `text` into a file, in the format that its name ends with."""
        self._wait(self._client.save(text, file, voice=voice, speed=speed))

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _iterate(self, source: AsyncGenerator[T, None]) -> Generator[T, None, None]:
        async def following() -> T | object:
            return await anext(source, _END)

        try:
            while (item := self._wait(following())) is not _END:
                yield item  # type: ignore[misc]
        finally:
            self._wait(source.aclose())


async def _read(items: Iterable[T]) -> AsyncIterator[T]:
    """`items`, each waited for in a thread, as its source may block."""
    iterator = iter(items)
    while (item := await asyncio.to_thread(next, iterator, _END)) is not _END:
        yield item  # type: ignore[misc]
