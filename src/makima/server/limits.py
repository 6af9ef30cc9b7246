"""Limits for each key and each address: utterances and characters a minute, sessions at once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter, SlidingWindowCounterRateLimiter

from makima.config import Settings
from makima.errors import CapacityError
from makima.server.auth import Identity

# The limits where the settings name none and other machines can reach the server.
OPEN_UTTERANCES, OPEN_CHARACTERS, OPEN_SESSIONS = 240, 60_000, 16

SESSION_RETRY_S = 5.0


_Strategy = MovingWindowRateLimiter | SlidingWindowCounterRateLimiter


class Limits:
    """Counts per subject and per address, in memory. A limit of 0 is none."""

    def __init__(self, settings: Settings) -> None:
        default = settings.on_loopback and not settings.locked
        self._utterances = _limit(settings.limit_utterances, 0 if default else OPEN_UTTERANCES)
        self._characters = _limit(settings.limit_characters, 0 if default else OPEN_CHARACTERS)
        self._max_sessions = settings.limit_sessions
        if self._max_sessions is None:
            self._max_sessions = 0 if default else OPEN_SESSIONS
        self._sessions: Counter[str] = Counter()
        storage = MemoryStorage()
        # The exact window keeps an entry for each unit: few for utterances, too many for characters.
        self._by_limit: list[tuple[RateLimitItemPerMinute | None, _Strategy, str]] = [
            (self._utterances, MovingWindowRateLimiter(storage), "utterances"),
            (self._characters, SlidingWindowCounterRateLimiter(storage), "characters"),
        ]

    async def admit(self, who: Identity, characters: int, utterances: int = 1) -> None:
        """Count an utterance of `characters`, or with `utterances=0` more of its text.

        Raises: CapacityError with the time after which it fits again; then nothing was counted.
        """
        # A text over the limit of a minute uses all of it; otherwise it could never be spoken.
        costs = {"utterances": utterances, "characters": characters}
        counts = [
            (limit, strategy, what, key, min(costs[what], limit.amount))
            for limit, strategy, what in self._by_limit
            if limit is not None
            if costs[what]
            for key in _keys(who)
        ]
        for limit, strategy, what, key, cost in counts:
            if not await strategy.test(limit, what, key, cost=cost):
                stats = await strategy.get_window_stats(limit, what, key)
                wait_s = max(0.1, stats.reset_time - time.time())
                raise CapacityError(f"More than {limit.amount:,} {what} a minute.", retry_after_s=wait_s)
        for limit, strategy, what, key, cost in counts:
            await strategy.hit(limit, what, key, cost=cost)

    @contextmanager
    def session(self, who: Identity) -> Iterator[None]:
        """Count one session while it lasts.

        Raises: CapacityError if there are too many.
        """
        keys = _keys(who) if self._max_sessions else ()
        if any(self._sessions[key] >= (self._max_sessions or 0) for key in keys):
            raise CapacityError(f"More than {self._max_sessions} sessions at once.", retry_after_s=SESSION_RETRY_S)
        self._sessions.update(keys)
        try:
            yield
        finally:
            self._sessions.subtract(keys)
            for key in keys:
                if self._sessions[key] <= 0:
                    del self._sessions[key]


def _limit(setting: int | None, default: int) -> RateLimitItemPerMinute | None:
    amount = default if setting is None else setting
    return RateLimitItemPerMinute(amount) if amount else None


def _keys(who: Identity) -> tuple[str, ...]:
    subject = (f"key:{who.subject}",) if who.subject else ()
    return (*subject, f"address:{who.address}")
