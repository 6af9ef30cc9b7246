"""Hands a reply's audio out as it is heard, not as fast as it is made, so that it can be stopped at a known place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from makima.dialogue.history import Played

LEAD_S = 2.0
"""How far what is sent may be ahead of what is heard: enough for a stutter of the network, and little is in vain."""

PLAYER_S = 0.1
"""From sending to hearing: what a player keeps before it starts, and the sound device. A guess, on the short side."""


class Delivery:
    """One reply's audio on its way. `clock` is that of the event loop; `on_sound` is called with the first audio."""

    def __init__(self, clock: Callable[[], float], on_sound: Callable[[], None]) -> None:
        self._clock = clock
        self._on_sound = on_sound
        self._sent_ms = 0.0
        self._silent_at_s = 0.0  # when all that was sent will have been heard
        self._held = False
        self._stopped = False
        self._whole = False
        self._changed = asyncio.Event()

    @property
    def played(self) -> Played:
        """What was sent, and by our reckoning heard, so far."""
        ahead_ms = max(0.0, self._silent_at_s - self._clock()) * 1000
        return Played(self._sent_ms, max(0.0, self._sent_ms - ahead_ms), self._whole)

    def hold(self, on: bool) -> None:
        """Send nothing for now, or go on."""
        self._held = on
        self._changed.set()

    def stop(self) -> None:
        """Send nothing more. Whoever waits goes on at once."""
        self._stopped = True
        self._changed.set()

    async def turn(self) -> bool:
        """Wait until more may be sent. False once that is never."""
        while not self._stopped:
            wait_s = self._silent_at_s - LEAD_S - self._clock()
            if not self._held and wait_s <= 0:
                return True
            await self._wait(None if self._held else wait_s)
        return False

    def sent(self, audio_ms: float) -> None:
        """So much more audio has been sent."""
        first = self._sent_ms == 0
        self._sent_ms += audio_ms
        now_s = self._clock()
        begins_s = self._silent_at_s if self._silent_at_s > now_s else now_s + PLAYER_S
        self._silent_at_s = begins_s + audio_ms / 1000
        if first:
            self._on_sound()

    async def heard(self, *, whole: bool) -> bool:
        """All audio has been sent, with it the `whole` text or not: wait until it has been heard. False if stopped."""
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
