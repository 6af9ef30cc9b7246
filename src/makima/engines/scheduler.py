"""Which utterance gets an engine's free slot, and how many may wait for one: pure rules.

A turn is one segment's time in a slot. High goes before normal before low across all sessions. Within one priority the
first to arrive goes first, so that an utterance that has begun is not held up between its segments by one that has not.
None starves: an utterance that is passed over `PATIENCE_TURNS` times counts as one priority higher, and again after as
many more, also above high.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from makima.engines.protocol import OnBegun
from makima.errors import CapacityError
from makima.priority import RANK, Priority

PATIENCE_TURNS = 8
"""Low is passed over by 16 turns before it counts as high: about a minute where one slot speaks in real time."""

MAX_WAITING = 32
"""How many may wait for a slot: two turns at each of sixteen slots, longer than people wait."""

USUAL_UTTERANCE_S = 5.0
"""The assumed length of an utterance before one has ended."""
MEMORY = 0.9
"""The weight of each ended utterance is multiplied by this when another ends."""
MIN_RETRY_S, MAX_RETRY_S = 0.2, 60.0


@dataclass(eq=False, slots=True)
class Place:
    """An utterance's place in the line, which it keeps from segment to segment."""

    priority: Priority
    order: int = 0
    passed_over: int = 0

    @property
    def rank(self) -> tuple[int, int]:
        return RANK[self.priority] - self.passed_over // PATIENCE_TURNS, self.order


def take_turn(waiting: Collection[Place]) -> Place | None:
    """Of `waiting`, all of which could begin now, the one that gets the free slot. The others are passed over."""
    if not waiting:
        return None
    chosen = min(waiting, key=lambda place: place.rank)
    for place in waiting:
        place.passed_over += 1
    chosen.passed_over = 0
    return chosen


class Wait:
    """One utterance's wait for its first turn, from when it could begin. Told once; from any thread."""

    def __init__(self, on_begun: OnBegun | None, now_s: Callable[[], float] = time.monotonic) -> None:
        self._on_begun = on_begun
        self._now_s = now_s
        self._ready_s: float | None = None

    def ready(self) -> None:
        """There is text to be spoken. The first call counts."""
        if self._ready_s is None:
            self._ready_s = self._now_s()

    def begun(self) -> None:
        """The engine begins. The first call counts."""
        on_begun, self._on_begun = self._on_begun, None
        if on_begun is not None:
            on_begun(0.0 if self._ready_s is None else self._now_s() - self._ready_s)


class Member(Protocol):
    """An utterance that was admitted."""

    @property
    def ended(self) -> bool: ...


class Admission:
    """Admits as many utterances as there are slots, and some that wait. Not thread-safe.

    A refusal says when there will be room. The estimate is the mean length of recent utterances, including those still
    being spoken, divided by `slots`, as that many end in parallel, times the refused callers that come back before.
    """

    def __init__(self, slots: int, max_waiting: int = MAX_WAITING, now_s: Callable[[], float] = time.monotonic) -> None:
        self._slots, self._most = slots, slots + max_waiting
        self._now_s = now_s
        self._begun_s: dict[Member, float | None] = {}  # None before its first turn
        self._refused = 0  # that will come back before the next one
        self._spoken_s, self._ended = USUAL_UTTERANCE_S, 1.0

    @property
    def waiting(self) -> int:
        """How many have not had their first turn."""
        return sum(begun_s is None and not member.ended for member, begun_s in self._begun_s.items())

    def admit(self, member: Member) -> None:
        """Admit an utterance.

        Raises: CapacityError if there is no room
        """
        self.sweep()
        if len(self._begun_s) >= self._most:
            self._refused += 1
            raise CapacityError("Too many utterances wait to be spoken.", retry_after_s=self._room_in_s())
        self._begun_s[member] = None

    def begun(self, member: Member) -> None:
        """It has a slot, for the first time or again."""
        if self._begun_s.get(member, 0.0) is None:
            self._begun_s[member] = self._now_s()

    def sweep(self) -> None:
        """Drop those that have ended. Call it soon after they have, as the time of the call counts as their end."""
        for member in [member for member in self._begun_s if member.ended]:
            begun_s = self._begun_s.pop(member)
            self._refused = max(0, self._refused - 1)
            if begun_s is not None:
                self._spoken_s = MEMORY * self._spoken_s + self._now_s() - begun_s
                self._ended = MEMORY * self._ended + 1

    def _room_in_s(self) -> float:
        now_s = self._now_s()
        spoken_s = self._spoken_s + sum(now_s - begun_s for begun_s in self._begun_s.values() if begun_s is not None)
        return min(max(self._refused * spoken_s / self._ended / self._slots, MIN_RETRY_S), MAX_RETRY_S)
