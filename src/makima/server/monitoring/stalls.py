"""Whether the engine stalls: audio is owed to some utterance, and none has come for any of them. Pure rules."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable


class Stalls:
    """Notes what is waited for. All calls come from one thread, that of the event loop.

    An engine that serves any utterance does not stall, however long another waits for its turn. Once an utterance was
    given up, the engine counts as stalled until it makes audio again: the next request may never come, as load
    balancers send none to a server that is unwell.
    """

    def __init__(self, limit_s: float, now_s: Callable[[], float] = time.monotonic) -> None:
        self._limit_s = limit_s
        self._now_s = now_s
        self._since_s: dict[Hashable, float] = {}
        self._progress_s = float("-inf")
        self._given_up_s: float | None = None

    def waits(self, who: Hashable) -> None:
        """`who` waits for audio."""
        self._since_s[who] = self._now_s()

    def progressed(self, who: Hashable) -> None:
        """The engine has answered `who`."""
        self._since_s.pop(who, None)
        self._progress_s = self._now_s()
        self._given_up_s = None

    def gave_up(self, who: Hashable) -> None:
        """The engine has not answered `who` in time."""
        since_s = self._since_s.pop(who, None)
        if since_s is not None and self._progress_s < since_s and self._given_up_s is None:
            self._given_up_s = since_s

    def left(self, who: Hashable) -> None:
        """`who` waits no longer, for whatever reason."""
        self._since_s.pop(who, None)

    @property
    def stalled_s(self) -> float | None:
        """For how long the engine has made no audio that it owes, once that is longer than the limit; else None."""
        owed = list(self._since_s.values())
        if self._given_up_s is not None:
            owed.append(self._given_up_s)
        if not owed:
            return None
        silent_s = self._now_s() - max(min(owed), self._progress_s)
        return silent_s if silent_s > self._limit_s else None
