"""Text that comes in pieces, spoken in order to one destination: what the sockets of hosted services call a context.

A context is a row of utterances. Text goes into the last one until it is flushed; the next text begins another.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from starlette.websockets import WebSocketDisconnect

from makima.errors import InvalidText, MakimaError, SynthesisFailed
from makima.server.auth import Identity
from makima.server.doors.common.markup import MarkupFilter
from makima.server.doors.common.speech import DoorSpeech, Spoken, Wish
from makima.text.speakable import MAX_TEXT_CHARACTERS

if TYPE_CHECKING:
    from makima.server.services import Services

log = logging.getLogger(__name__)

MAX_WAITING_CHARACTERS = MAX_TEXT_CHARACTERS
"""Of text that was not spoken yet, in one context."""


class Outlet(Protocol):
    """Where a context's audio goes. Each may wait while the client is slow.

    Raises, from each: Timeout; WebSocketDisconnect or ConnectionError if the client has left
    """

    async def audio(self, spoken: Spoken, offset_s: float) -> None:
        """More audio. The times of its words count from `offset_s` after the context's start."""

    async def flushed(self, mark: int) -> None:
        """All audio of the text before this flush is out."""

    async def done(self) -> None:
        """The context was closed, and all its audio is out."""

    async def failed(self, exc: MakimaError) -> None:
        """The context has ended with an error."""


@dataclass(frozen=True, slots=True)
class _Flush:
    mark: int


class SpokenContext:
    """One context. `feed`, `flush` and `close` never wait for audio."""

    def __init__(
        self, services: Services, who: Identity, wish: Wish, outlet: Outlet, idle_flush_s: float | None = None
    ) -> None:
        """Without more text for `idle_flush_s`, what was fed is spoken as it is."""
        self._services = services
        self._who = who
        self.wish = wish
        self._outlet = outlet
        self._idle_flush_s = idle_flush_s
        self._idle: asyncio.TimerHandle | None = None
        self._markup = MarkupFilter()
        self._steps: asyncio.Queue[DoorSpeech | _Flush | None] = asyncio.Queue()
        self._open: DoorSpeech | None = None
        self._speaking: DoorSpeech | None = None
        self._waiting_characters = 0
        self._closed = False
        self._task = asyncio.create_task(self._run())

    @property
    def closed(self) -> bool:
        """Whether no more text is taken."""
        return self._closed or self._task.done()

    async def feed(self, text: str) -> None:
        """Add text.

        Raises: CapacityError over a limit; InvalidText where too much of it waits
        """
        await self._add(self._markup.feed(text))
        if self._idle is not None:
            self._idle.cancel()
        if self._idle_flush_s is not None and self._open is not None:
            self._idle = asyncio.get_running_loop().call_later(self._idle_flush_s, self._flush_now)

    async def flush(self, mark: int | None = None) -> None:
        """Have what was fed spoken as it is; `Outlet.flushed` is called with the `mark` once that is out.

        Raises: as `feed`
        """
        await self._add(self._markup.flush())
        self._flush_now()
        if mark is not None:
            self._steps.put_nowait(_Flush(mark))

    async def close(self) -> None:
        """No more text comes; `Outlet.done` is called once all audio is out. Idempotent.

        Raises: as `feed`
        """
        if not self._closed:
            self._closed = True
            await self.flush()
            self._steps.put_nowait(None)

    async def cancel(self) -> None:
        """End the audio. Nothing more is sent once this has returned."""
        self._closed = True
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def wait(self) -> None:
        """Wait until the context has ended."""
        await asyncio.wait([self._task])

    async def _add(self, text: str) -> None:
        if not text or (self._open is None and not text.strip()):
            return
        if self._waiting_characters + len(text) > MAX_WAITING_CHARACTERS:
            raise InvalidText(
                f"More than {MAX_WAITING_CHARACTERS:,} characters wait to be spoken.",
                mend="Send text as it is written, not faster than it is spoken.",
            )
        await self._services.limits.admit(self._who, len(text), utterances=0 if self._open is not None else 1)
        if self._open is None:
            self._open = DoorSpeech(self._services, self._who, self.wish)
            self._steps.put_nowait(self._open)
        self._waiting_characters += len(text)
        self._open.feed(text)

    def _flush_now(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if self._open is not None:
            self._open.end()
            self._open = None

    async def _run(self) -> None:
        try:
            await self._speak()
        except (WebSocketDisconnect, ConnectionError):
            pass  # the client has left; the reader hears of it too
        except MakimaError as exc:
            await self._fail(exc)
        except Exception as exc:
            log.exception("a context failed")
            failure = SynthesisFailed(f"The context failed: {exc}.")
            self._services.metrics.count_error(failure)
            await self._fail(failure)
        finally:
            self._closed = True
            if self._idle is not None:
                self._idle.cancel()
            if self._speaking is not None:
                self._speaking.cancel()

    async def _speak(self) -> None:
        offset_s = 0.0
        while (step := await self._steps.get()) is not None:
            if isinstance(step, _Flush):
                await self._outlet.flushed(step.mark)
                continue
            self._speaking = step
            async with aclosing(step.pieces()) as pieces:
                async for spoken in pieces:
                    await self._outlet.audio(spoken, offset_s)
            self._waiting_characters -= len(step.text)
            offset_s += step.audio_s
        await self._outlet.done()

    async def _fail(self, exc: MakimaError) -> None:
        with contextlib.suppress(WebSocketDisconnect, ConnectionError, MakimaError):
            await self._outlet.failed(exc)
