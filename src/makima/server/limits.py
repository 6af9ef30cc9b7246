"""Limits for each key and each address: utterances and characters a minute, sessions at once.

Over these a client is refused. Beside them each session has an allowance of characters, over which its next message is
read later.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter, SlidingWindowCounterRateLimiter

from makima.config import Settings
from makima.errors import CapacityError
from makima.memory import is_short
from makima.server.access.usage import UsageLog
from makima.server.auth import Identity
from makima.server.connections.budget import Allowance, Bucket, Share, SpeechShare

# The limits where the settings name none and other machines can reach the server.
OPEN_UTTERANCES, OPEN_CHARACTERS, OPEN_SESSIONS = 240, 60_000, 16

SESSION_RETRY_S = 5.0
MAX_SESSIONS = 2_000
"""Of a server. Each takes 0.1 MB while it is quiet."""

# Of characters. Speech takes 15 a second; to read a text for it takes about 20 us each.
OWN_TEXT, COMMON_TEXT = Allowance(per_s=100, burst=20_000), Allowance(per_s=10_000, burst=200_000)
# In seconds of speech. Its own is what a session plays; the common one lets a few be far ahead.
OWN_AUDIO, COMMON_AUDIO = Allowance(per_s=1.0, burst=3.0), Allowance(per_s=30.0, burst=100.0)
UNBOUNDED = Allowance(per_s=1e9, burst=1e9)

_Strategy = MovingWindowRateLimiter | SlidingWindowCounterRateLimiter


class Limits:
    """Counts per subject and per address, in memory. A limit of 0 is none."""

    def __init__(self, settings: Settings, usage: UsageLog | None = None) -> None:
        """What is admitted is added to `usage`."""
        self._usage = usage
        default = settings.on_loopback and not settings.locked
        self._utterances = _limit(settings.limit_utterances, 0 if default else OPEN_UTTERANCES)
        self._characters = _limit(settings.limit_characters, 0 if default else OPEN_CHARACTERS)
        self._max_sessions = settings.limit_sessions
        if self._max_sessions is None:
            self._max_sessions = 0 if default else OPEN_SESSIONS
        self._sessions: Counter[str] = Counter()
        self._all = 0
        self._common_text = Bucket(COMMON_TEXT, time.monotonic())
        self._common_audio = Bucket(COMMON_AUDIO, time.monotonic())
        self.crowded: Callable[[], bool] = lambda: False
        """Whether so many speak that none should be far ahead of its playback."""
        self._all_audio = Bucket(UNBOUNDED, time.monotonic())
        storage = MemoryStorage()
        # The exact window keeps an entry for each unit: few for utterances, too many for characters.
        self._by_limit: list[tuple[RateLimitItemPerMinute | None, _Strategy, str]] = [
            (self._utterances, MovingWindowRateLimiter(storage), "utterances"),
            (self._characters, SlidingWindowCounterRateLimiter(storage), "characters"),
        ]

    def in_session(self, who: Identity) -> Identity:
        """`who` with the allowances of a session."""
        text = Share(OWN_TEXT, self._common_text, time.monotonic)
        return replace(who, text=text, audio=self.audio(text))

    def audio(self, text: Share | None = None) -> SpeechShare:
        """The allowance of speech for one session or request; with that of its text, where it may be greedy."""
        share = Share(OWN_AUDIO, self._common_audio, time.monotonic)
        return SpeechShare(share, text, lambda: self._all_audio, lambda: self.crowded(), time.monotonic)

    def hold_greedy_to(self, per_s: float) -> None:
        """Let greedy sessions take this much speech a second together, less what the others take."""
        self._all_audio = Bucket(Allowance(per_s, per_s), time.monotonic())

    async def admit(self, who: Identity, characters: int, utterances: int = 1) -> None:
        """Count an utterance of `characters`, or with `utterances=0` more of its text, once the session may go on.

        Raises: CapacityError with the time after which it fits again; then nothing was counted.
        """
        await pace(who, characters)
        # A text over the limit of a minute uses all of it; otherwise it could never be spoken.
        costs = {"utterances": utterances, "characters": characters}
        counts = [
            (limit, strategy, what, key, min(costs[what], limit.amount))
            for usual, strategy, what in self._by_limit
            if costs[what]
            for key in _keys(who)
            if (limit := _limit_of(who, key, what, usual)) is not None
        ]
        for limit, strategy, what, key, cost in counts:
            if not await strategy.test(limit, what, key, cost=cost):
                stats = await strategy.get_window_stats(limit, what, key)
                wait_s = max(0.1, stats.reset_time - time.time())
                raise CapacityError(f"More than {limit.amount:,} {what} a minute.", retry_after_s=wait_s)
        for limit, strategy, what, key, cost in counts:
            await strategy.hit(limit, what, key, cost=cost)
        if self._usage is not None:
            self._usage.add(who.subject, utterances=utterances, characters=characters)

    @contextmanager
    def session(self, who: Identity) -> Iterator[None]:
        """Count one session while it lasts.

        Raises: CapacityError if there are too many.
        """
        if self._all >= MAX_SESSIONS:
            raise CapacityError(
                f"More than {MAX_SESSIONS:,} sessions at once on this server.", retry_after_s=SESSION_RETRY_S
            )
        if is_short():
            raise CapacityError("The server is short of memory.", retry_after_s=SESSION_RETRY_S)
        keys = _keys(who)
        for key in keys:
            most = self._most_sessions(who, key)
            if most and self._sessions[key] >= most:
                raise CapacityError(f"More than {most} sessions at once.", retry_after_s=SESSION_RETRY_S)
        self._sessions.update(keys)
        self._all += 1
        try:
            yield
        finally:
            self._all -= 1
            self._sessions.subtract(keys)
            for key in keys:
                if self._sessions[key] <= 0:
                    del self._sessions[key]

    def _most_sessions(self, who: Identity, key: str) -> int:
        own = who.limits.sessions if who.limits is not None and _is_subject(key) else None
        return own if own is not None else self._max_sessions or 0


async def pace(who: Identity, characters: int) -> None:
    """Wait until the session may have another message read, and count this one."""
    if who.text is None or not characters:
        return
    while wait_s := who.text.wait_s():  # noqa: ASYNC110 - time passes, and others spend; nothing tells of it
        await asyncio.sleep(wait_s)
    who.text.spend(characters)


def _limit_of(
    who: Identity, key: str, what: str, usual: RateLimitItemPerMinute | None
) -> RateLimitItemPerMinute | None:
    """The limit for one of the keys that a request counts under: the API key's own before the usual one."""
    if who.limits is None or not _is_subject(key):
        return usual
    own = who.limits.utterances if what == "utterances" else who.limits.characters
    return usual if own is None else _limit(own, 0)


def _is_subject(key: str) -> bool:
    return key.startswith("key:")


def _limit(setting: int | None, default: int) -> RateLimitItemPerMinute | None:
    amount = default if setting is None else setting
    return RateLimitItemPerMinute(amount) if amount else None


def _keys(who: Identity) -> tuple[str, ...]:
    subject = (f"key:{who.subject}",) if who.subject else ()
    return (*subject, f"address:{who.address}")
