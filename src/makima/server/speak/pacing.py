"""Paces a reply's audio by its playback instead of by its synthesis, so that it can be stopped at a known place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from makima.dialogue.history import Played

LEAD_S = 2.0
"""How far sending may be ahead of playback: enough for network jitter, and little is sent in vain if it is stopped."""

PLAYER_S = 0.1
"""From sending to playback: the buffers of the player and the sound device. An estimate at the lower end."""


class Delivery:
    """The pacing of one reply. `clock` is that of the event loop; `on_sound` is called with the first audio."""

    def __init__(self, clock: Callable[[], float], on_sound: Callable[[], None]) -> None:
        self._clock = clock
        self._on_sound = on_sound
        self._sent_ms = 0.0
        self._silent_at_s = 0.0  # when all that was sent will have been played
        self._held = False
        self._stopped = False
        self._whole = False
        self._changed = asyncio.Event()

    @property
    def played(self) -> Played:
        """How much was sent, and by estimate played, so far."""
        ahead_ms = max(0.0, self._silent_at_s - self._clock()) * 1000
        return Played(self._sent_ms, max(0.0, self._sent_ms - ahead_ms), self._whole)

    def hold(self, on: bool) -> None:
        """Pause sending, or resume it."""
        self._held = on
        self._changed.set()

    def stop(self) -> None:
        """Send nothing more. `turn` and `heard` return at once."""
        self._stopped = True
        self._changed.set()

    async def turn(self) -> bool:
        """Wait until more may be sent. False if it has been stopped."""
        while not self._stopped:
            wait_s = self._silent_at_s - LEAD_S - self._clock()
            if not self._held and wait_s <= 0:
                return True
            await self._wait(None if self._held else wait_s)
        return False

    def sent(self, audio_ms: float) -> None:
        """This much more audio has been sent."""
        first = self._sent_ms == 0
        self._sent_ms += audio_ms
        now_s = self._clock()
        begins_s = self._silent_at_s if self._silent_at_s > now_s else now_s + PLAYER_S
        self._silent_at_s = begins_s + audio_ms / 1000
        if first:
            self._on_sound()

    async def heard(self, *, whole: bool) -> bool:
        """All audio has been sent; `whole` if it holds all of the text. Wait until it was played. False if stopped."""
        self._whole = whole
        while not self._stopped:
            wait_s = self._silent_at_s - self._clock()
            if wait_s <= 0:
                return True
            await self._wait(wait_s)
        return False

    async def _wait(self, wait_s: float | None) -> None:
        self._changed.clear()
        try:
            async with asyncio.timeout(wait_s):
                await self._changed.wait()
        except TimeoutError:
            pass
